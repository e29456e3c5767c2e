"""A tiny WeCom and a client that talks to it, for each test its own."""

from collections.abc import Iterator

import pytest

from gateways.wecom.client import WecomClient
from tests.gateways.tiny_wecom import TinyWecom, client_of, tiny_wecom


@pytest.fixture
def wecom() -> Iterator[TinyWecom]:
    with tiny_wecom() as wecom:
        yield wecom


@pytest.fixture
def client(wecom: TinyWecom) -> WecomClient:
    return client_of(wecom)

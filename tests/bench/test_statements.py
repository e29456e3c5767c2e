"""How many questions a callback asks the store: the figures of docs/trust.md, held."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from config.settings import Settings
from crm import uow
from tests.load.company import Company, found
from tests.load.traffic import Seal, Traffic
from wsgi import create_app


class Product:
    """The application in this process with a company in its store; `asked` grows with every statement."""

    def __init__(self, folder: Path) -> None:
        company, url = Company(1, reps=3, customers_each=2, strangers=5), f"sqlite:///{folder}/crm.db"
        cards, app = found(url, company, 5), company.tenant["app"]
        settings = Settings(
            var_dir=folder,
            database_url=url,
            redis_url=f"unix://{folder}/nobody.sock",
            secret_key="f" * 40,
            wecom_corp_id=str(company.tenant["corpid"]),
            wecom_agent_id=int(app["agentid"]),
            wecom_agent_secret=str(app["secret"]),
            wecom_token=str(app["token"]),
            wecom_encoding_aes_key=str(app["aeskey"]),
        )
        self.seal = Seal(company.tenant)
        self.traffic = Traffic(company, self.seal, cards, 1)
        self.client: FlaskClient = create_app(settings).test_client()
        self.asked: list[str] = []
        event.listen(Engine, "before_cursor_execute", self._note)

    def _note(self, _c: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            self.asked.append(statement)

    def receive(self, xml: str) -> list[str]:
        """What one callback asks of the store."""
        head, _, body = self.seal.request(xml, int(time.time())).partition(b"\r\n\r\n")
        path = head.decode().split()[1]
        self.asked.clear()
        assert self.client.post(path, data=body).status_code == 200
        return self.asked.copy()

    def close(self) -> None:
        event.remove(Engine, "before_cursor_execute", self._note)
        uow.dispose()


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    made = Product(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(("kind", "most"), [("follow_up", 9), ("click", 19), ("contact", 2)])
def test_a_callback_asks_the_store_a_bounded_number_of_questions(product: Product, kind: str, most: int) -> None:
    product.receive(product.traffic.one(kind, int(time.time())).xml)
    asked = product.receive(product.traffic.one(kind, int(time.time())).xml)
    assert 2 <= len(asked) <= most, asked


def test_an_event_that_comes_again_asks_one_question(product: Product) -> None:
    again = product.traffic.one("follow_up", int(time.time())).xml
    product.receive(again)
    assert len(product.receive(again)) == 1

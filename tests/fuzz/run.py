"""The application in this process, over a store of its own, and one mutated callback after another."""

import base64
import hashlib
import random
import struct
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from flask import Flask
from sqlalchemy import select
from wechatpy.crypto.base import WeChatCipher

from bot.inbound import understand
from config.settings import Settings
from crm import uow
from gateways.spool import Spool
from models.messages import InboxEvent
from tests.fuzz import mutate
from tests.fuzz.corpus import CORP, corpus
from tests.load.company import Company, found
from wsgi import create_app

_OUTSIDE = 0.3  # share of mutations that touch the envelope and not what is sealed in it
_REFUSALS = (200, 403, 413)


@dataclass(slots=True)
class Outcome:
    """`wrong` holds a sentence per broken promise, with what is needed to see it again."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    stored: int = 0
    slowest: float = 0.0


def fuzz(count: int, seed: int) -> Outcome:
    """`count` callbacks. A genuine one is answered 200 and kept once whatever it says, the others are refused."""
    dice, outcome = random.Random(seed), Outcome()
    with _application() as (app, settings, key):
        client = app.test_client()
        kept: set[str] = set()
        for number in range(count):
            seeds = corpus(int(time.time()), key)
            plain = mutate.message(dice, dice.choice(seeds)) if dice.random() > 0.02 else dice.choice(seeds).encode()
            query, body = _seal(settings, plain, dice)
            outside = dice.random() < _OUTSIDE
            if outside:
                query, body = mutate.envelope(dice, query, body)
            line = "&".join(f"{name}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in query.items())
            start = time.perf_counter()
            try:
                status = client.post("/wecom/callback", query_string=line, data=body).status_code
            except Exception as error:
                outcome.wrong.append(f"no. {number}: {type(error).__name__} {error!s:.200} for {plain[:300]!r}")
                continue
            outcome.slowest = max(outcome.slowest, time.perf_counter() - start)
            outcome.statuses[status] += 1
            small = len(body) <= 256 * 1024
            if status not in _REFUSALS or (not outside and small and status != 200):
                outcome.wrong.append(f"no. {number}: HTTP {status} for {plain[:300]!r}")
            if status == 200 and not outside:
                kept.add(understand(plain).received.key)
        stored = _stored()
        outcome.stored = len(stored)
        if missing := kept - stored:
            outcome.wrong.append(f"{len(missing)} callbacks were answered 200 and not kept")
        if spooled := Spool(settings.var_dir / "spool.db").count():
            outcome.wrong.append(f"{spooled} callbacks were spooled although the store was there")
    return outcome


@contextmanager
def _application() -> Iterator[tuple[Flask, Settings, str]]:
    with tempfile.TemporaryDirectory(prefix="crm-fuzz-") as name:
        folder, company = Path(name), Company(1, reps=2, customers_each=3, strangers=1)
        app = company.tenant["app"]
        url = f"sqlite:///{folder}/crm.db"
        card = found(url, company, 1)[0]
        settings = Settings(
            var_dir=folder,
            database_url=url,
            redis_url=f"unix://{folder}/nobody.sock",
            secret_key="f" * 40,
            wecom_api_base="http://127.0.0.1:9/cgi-bin/",
            wecom_corp_id=str(company.tenant["corpid"]),
            wecom_agent_id=int(app["agentid"]),
            wecom_agent_secret=str(app["secret"]),
            wecom_token=str(app["token"]),
            wecom_encoding_aes_key=str(app["aeskey"]),
        )
        product = create_app(settings)
        product.config["PROPAGATE_EXCEPTIONS"] = True  # an exception is a finding, not a 500 among others
        try:
            yield product, settings, card.key
        finally:
            uow.dispose()


def _seal(settings: Settings, plain: bytes, dice: random.Random) -> tuple[dict[str, str], bytes]:
    """As WeCom seals it, with wechatpy's cipher; any bytes may be inside."""
    content = dice.randbytes(16) + struct.pack(">I", len(plain)) + plain + CORP.encode()
    pad = 32 - len(content) % 32
    key = base64.b64decode(settings.wecom_encoding_aes_key + "=")
    encrypted = base64.b64encode(WeChatCipher(key).encrypt(content + bytes([pad]) * pad)).decode()
    timestamp, nonce = str(int(time.time())), f"{dice.getrandbits(64):x}"
    parts = "".join(sorted((settings.wecom_token, timestamp, nonce, encrypted)))
    signature = hashlib.sha1(parts.encode(), usedforsecurity=False).hexdigest()
    body = f"<xml><ToUserName><![CDATA[{CORP}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}, body.encode()


def _stored() -> set[str]:
    with uow.reading() as s:
        return set(s.scalars(select(InboxEvent.key)))

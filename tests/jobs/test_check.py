"""企微接入体检 against a WeCom that is set up wrongly in every way we know: one fault, one diagnosis, one remedy."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask, Response, redirect, request
from sqlalchemy import update
from sqlalchemy.engine import Engine
from werkzeug.serving import make_server

from bot.webhook import BotDeps, callback
from config.clock import machine_time
from config.settings import Settings
from crm import uow
from crm.reads.connection import Finding, Grade
from gateways.upload_links import UploadLinks
from gateways.wecom.customers import FriendPage
from gateways.wecom.envelope import Envelope
from jobs.check import (
    APP,
    CALLBACK,
    CHECK_INS,
    CLOCK,
    CREDENTIALS,
    DOMAIN,
    HOME,
    JS,
    MENU_ITEM,
    RANGE,
    SERVING,
    TRUSTED_IP,
    connection,
)  # fmt: skip
from jobs.menu import MENU
from models.people import Person
from tests.emulator.conftest import APP as DEMO_APP
from tests.emulator.conftest import CORP, Emulator, running
from tests.gateways.tiny_wecom import client_of as client_at
from tests.gateways.tiny_wecom import tiny_wecom
from tests.jobs.company import settings_in

Wrapped = Callable[[Flask], Flask]


@dataclass
class Wrong:
    """How it is set up wrongly; what is not named is right. `service` are the settings of the running service."""

    settings: dict[str, Any] = field(default_factory=dict)
    service: dict[str, Any] = field(default_factory=dict)
    setup: dict[str, Any] = field(default_factory=dict)
    faults: dict[str, Any] = field(default_factory=dict)
    clock: timedelta = timedelta(0)
    menu: dict[str, Any] | None = field(default_factory=lambda: MENU)
    proxy: Wrapped | None = None  # stands before the service, at PUBLIC_URL
    stopped: bool = False


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(tmp_path_factory.mktemp("check"), None) as found:
        yield found


@contextmanager
def serving(app: Flask) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def service(settings: Settings) -> Flask:
    """Our callback alone, as `wsgi.py` mounts it."""
    app = Flask("service")
    envelope = Envelope(settings.wecom_token, settings.wecom_encoding_aes_key, settings.wecom_corp_id)
    links = UploadLinks(settings.secret_key, settings.public_url)

    def nowhere(*_: object) -> None:
        raise AssertionError("nothing is spooled here")

    deps = BotDeps(
        envelope, machine_time, nowhere, lambda *_: "", settings.wecom_corp_id, settings.wecom_agent_id, "", links
    )
    app.register_blueprint(callback(deps))
    return app


def stripping(behind: Flask) -> Flask:
    """A proxy that loses the query on the way."""
    app = Flask("proxy")

    @app.get("/<path:path>")
    def pass_on(path: str) -> Response:
        answer = behind.test_client().get(f"/{path}")
        return Response(answer.get_data(), answer.status_code)

    return app


def redirecting(_: Flask) -> Flask:
    app = Flask("proxy")
    app.add_url_rule("/<path:path>", "away", lambda path: redirect(f"https://elsewhere.example/{path}"))
    return app


def with_a_login_page(_: Flask) -> Flask:
    app = Flask("proxy")
    app.add_url_rule("/<path:path>", "login", lambda path: f"<html>请先登录 {path} {request.method}</html>")
    return app


def adding_a_line(behind: Flask) -> Flask:
    app = Flask("proxy")

    @app.get("/<path:path>")
    def pass_on(path: str) -> Response:
        answer = behind.test_client().get(f"/{path}", query_string=request.query_string)
        return Response(answer.get_data() + b"\n", answer.status_code)

    return app


def examined(emulator: Emulator, folder: Path, wrong: Wrong) -> dict[str, Finding]:
    """The whole check of an installation that is right but for `wrong`; findings by item."""
    right = {
        "wecom_api_base": f"{emulator.base}/cgi-bin/",
        "wecom_corp_id": CORP,
        "wecom_agent_id": DEMO_APP["agentid"],
        "wecom_agent_secret": DEMO_APP["secret"],
        "wecom_token": DEMO_APP["token"],
        "wecom_encoding_aes_key": DEMO_APP["aeskey"],
    }
    emulator.act("reset")
    emulator.act("faults")
    if wrong.menu is None:
        emulator.api("menu/delete", agentid=DEMO_APP["agentid"])
    else:
        emulator.api("menu/create", wrong.menu, agentid=DEMO_APP["agentid"])
    with ExitStack() as stack:
        ours = service(settings_in(folder, **{**right, **wrong.settings, **wrong.service}))
        port = stack.enter_context(serving(ours))
        public = stack.enter_context(serving(wrong.proxy(ours))) if wrong.proxy else port
        url = "http://127.0.0.1:9" if wrong.stopped else f"http://127.0.0.1:{public}"
        settings = settings_in(folder, **{**right, "public_url": url, "port": port, **wrong.settings})
        fitting = {"trusted_domains": [urlsplit(url).netloc], "home_url": f"{url}/console/", "visible_departments": [1]}
        emulator.act("setup", **{**fitting, **wrong.setup})
        emulator.act("faults", **wrong.faults)

        def clock() -> datetime:
            return machine_time() + wrong.clock

        return {finding.item: finding for finding in connection(settings, clock)}


@pytest.fixture
def known(store: Engine) -> Engine:
    """The store's three people are members at the emulator: 李强 (rep), 王磊 (lead), 林岚 (administrator)."""
    with uow.transaction() as s:
        for person_id, userid in enumerate(("liqiang", "wanglei", "linlan"), start=1):
            s.execute(update(Person).where(Person.id == person_id).values(userid=userid, userid_key=userid))
    return store


def test_an_installation_that_is_right_is_said_to_be_right(known: Engine, emulator: Emulator, tmp_path: Path) -> None:
    found = examined(emulator, tmp_path, Wrong())
    assert [one for one in found.values() if one.grade is not Grade.OK] == []
    assert set(found) == {
        CREDENTIALS, TRUSTED_IP, APP, CLOCK, CALLBACK, RANGE, SERVING, CHECK_INS, DOMAIN, HOME, JS,
        MENU_ITEM,
    }  # fmt: skip
    assert "还没有收到过企业微信的消息" in found[CALLBACK].said


OTHER_MENU = {"button": [{"type": "click", "name": "旧菜单", "key": "old"}, *MENU["button"][:2]]}
SEEDED = {
    "corp id": (Wrong({"wecom_corp_id": "wwother"}), CREDENTIALS, "企业 ID 不正确", "WECOM_CORP_ID"),
    "secret": (Wrong({"wecom_agent_secret": "x"}), CREDENTIALS, "Secret 不正确", "WECOM_AGENT_SECRET"),
    "secret reset": (Wrong(setup={"secret": "new"}), CREDENTIALS, "Secret 不正确", "WECOM_AGENT_SECRET"),
    "no network": (
        Wrong({"wecom_api_base": "http://127.0.0.1:9/cgi-bin/"}), CREDENTIALS, "连不上企业微信", "WECOM_API_BASE",
    ),
    "another app": (Wrong({"wecom_agent_id": 1000003}), APP, "不是同一个应用", "成对复制 AgentId 和 Secret"),
    "app closed": (Wrong(setup={"closed": True}), APP, "已停用", "启用应用"),
    "untrusted ip": (Wrong(setup={"trusted_ips": ["10.9.9.9"]}), TRUSTED_IP, "127.0.0.1", "企业可信IP"),
    "callback down": (Wrong(stopped=True), CALLBACK, "连不上", "PUBLIC_URL"),
    "callback token": (Wrong(service={"wecom_token": "other"}), CALLBACK, "不认签名", "Token 和 EncodingAESKey"),
    "callback key": (Wrong(service={"wecom_encoding_aes_key": "b" * 43}), CALLBACK, "不认签名", "EncodingAESKey"),
    "proxy strips": (Wrong(proxy=stripping), CALLBACK, "参数在路上被改过", "msg_signature"),
    "proxy redirects": (Wrong(proxy=redirecting), CALLBACK, "跳转到了别处", "不跟随跳转"),
    "proxy asks": (Wrong(proxy=with_a_login_page), CALLBACK, "不是本系统的", "不加登录页"),
    "proxy adds": (Wrong(proxy=adding_a_line), CALLBACK, "不是本系统的", "不改写"),
    "nobody in range": (Wrong(setup={"visible_departments": []}), RANGE, "没有可见成员", "「可见范围」"),
    "some out of range": (
        Wrong(setup={"visible_departments": [3]}), RANGE, "3 位在职成员不在可见范围", "「可见范围」",
    ),
    "no contact right": (
        Wrong(setup={"external_contact_enabled": False}), SERVING, "没有调用这个接口的权限", "可调用接口的应用",
    ),
    "nobody serves": (Wrong(setup={"serving": []}), SERVING, "没有成员可以联系客户", "权限配置"),
    "a rep does not": (
        Wrong(setup={"serving": ["wanglei"]}), SERVING, "1 位销售没有客户联系权限：ZhangSan", "权限配置",
    ),
    "no check-ins": (
        Wrong(setup={"reads_check_ins": False}), CHECK_INS, "没有调用这个接口的权限", "打卡 › 可调用接口的应用",
    ),
    "no domain": (Wrong(setup={"trusted_domains": []}), DOMAIN, "没有设置可信域名", "网页授权及JS-SDK"),
    "domain": (Wrong(setup={"trusted_domains": ["crm.old.cn"]}), DOMAIN, "crm.old.cn", "网页授权及JS-SDK"),
    "no home": (Wrong(setup={"home_url": ""}), HOME, "没有设置应用主页", "/console/"),
    "home": (Wrong(setup={"home_url": "https://crm.old.cn/"}), HOME, "crm.old.cn", "/console/"),
    "js": (Wrong(faults={"api": {"ticket/get": {"forbidden": True}}}), JS, "没有调用这个接口的权限", "可见范围"),
    "clock": (Wrong(clock=timedelta(minutes=7)), CLOCK, "7 分钟", "自动对时"),
    "no menu": (Wrong(menu=None), MENU_ITEM, "还没有菜单", "wecom-menu"),
    "other menu": (Wrong(menu=OTHER_MENU), MENU_ITEM, "新增「商机 › 进行中的商机」", "wecom-menu"),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEDED)
def test_one_fault_is_one_diagnosis_with_its_remedy(
    known: Engine, emulator: Emulator, tmp_path: Path, name: str
) -> None:
    wrong, item, said, mend = SEEDED[name]
    found = examined(emulator, tmp_path, wrong)
    assert [one.item for one in found.values() if one.grade is Grade.WRONG] == [item]
    assert said in found[item].said
    assert mend in found[item].mend


def test_what_cannot_be_known_yet_is_not_called_wrong(known: Engine, emulator: Emulator, tmp_path: Path) -> None:
    found = examined(emulator, tmp_path, Wrong(setup={"closed": True}))
    assert {one.item for one in found.values() if one.grade is Grade.UNSEEN} == {
        RANGE, SERVING, CHECK_INS, DOMAIN, HOME, JS, MENU_ITEM,
    }  # fmt: skip
    assert found[RANGE].said == f"没有检查：先处理「{APP}」"
    found = examined(emulator, tmp_path, Wrong(setup={"visible_departments": []}))
    assert found[SERVING].said == found[CHECK_INS].said == f"没有检查：先处理「{RANGE}」"


def test_members_without_customers_are_an_empty_page_and_no_failure() -> None:
    with tiny_wecom() as wecom:
        wecom.answers["externalcontact/batch/get_by_user"] = lambda _: {"errcode": 84061, "errmsg": ""}
        assert client_at(wecom).customers.friends(["a"], "") == FriendPage((), "")

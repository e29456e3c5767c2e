"""The whole product with everybody signed in on the phone, at the desk and in the chat."""

from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from console.guard import COOKIE, csrf_of
from tests.bot.wecom import Wecom


@dataclass
class Desk:
    """The product with everybody signed in, and a customer of the owner's."""

    wecom: Wecom
    engine: Engine
    phones: dict[str, str]
    consoles: dict[str, str]
    customer: int
    files: list[str] = field(default_factory=list)  # of the customer, where a test wants some

    def api(self, who: str, path: str, body: dict[str, Any] | None = None, method: str = "POST", **sent: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.phones[who]}"}
        kwargs = sent or {"json": body or {}}
        return self.wecom.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **kwargs)

    def console(self, who: str, path: str, form: dict[str, Any]) -> int:
        client: FlaskClient = self.wecom.app.test_client()
        client.set_cookie(COOKIE, self.consoles[who], path="/console")
        return client.post(f"/console{path}", data={**form, "csrf": csrf_of(self.consoles[who])}).status_code

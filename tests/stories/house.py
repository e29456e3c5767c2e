"""The whole product as an operator runs it, separate processes and all, with the emulator as its WeCom."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from config.clock import machine_time
from crm import uow
from tests.support.archive import SECRET, key_folder, key_pair
from tests.support.process import ROOT, Processes, Running, free_port

Json = dict[str, Any]
COMPANY = ROOT / "emulator" / "demo" / "company.json"
PATIENCE = 40.0  # seconds: without Redis a run waits ten for a worker before the scheduler works it itself


class House:
    """One running house. People act through the emulator's control API; time passes through its clock."""

    def __init__(self, processes: Processes, folder: Path, database_url: str, redis_url: str | None) -> None:
        self._processes, self._folder = processes, folder
        company = json.loads(COMPANY.read_text(encoding="utf-8"))
        company["callback"] = {"timeout": 5, "retry_waits": [0.1, 0.1, 0.1]}
        company["archive"] = {"secret": SECRET, "public_keys": {"1": key_pair(1)[1]}}
        (folder / "company.json").write_text(json.dumps(company), encoding="utf-8")
        app = company["app"]
        self.port, self.emulator = free_port(), f"http://127.0.0.1:{free_port()}"
        self.env = {
            "APP_ENV": "development",
            "VAR_DIR": str(folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url or f"unix://{folder}/never-started.sock",
            "SECRET_KEY": "s" * 40,
            "PORT": str(self.port),
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "EMULATOR_URL": self.emulator,
            "WECOM_API_BASE": f"{self.emulator}/cgi-bin/",
            "WECOM_OAUTH_URL": f"{self.emulator}/connect/oauth2/authorize",
            "WECOM_CORP_ID": company["corpid"],
            "WECOM_AGENT_ID": str(app["agentid"]),
            "WECOM_AGENT_SECRET": app["secret"],
            "WECOM_TOKEN": app["token"],
            "WECOM_ENCODING_AES_KEY": app["aeskey"],
            "WECOM_ARCHIVE_SECRET": SECRET,
            "WECOM_ARCHIVE_PRIVATE_KEYS": str(key_folder(folder / "keys", 1)),
            "WECOM_ARCHIVE_URL": f"{self.emulator}/archive",
            "WECOM_ROBOT_URL": f"ws{self.emulator.removeprefix('http')}/robot",
            "WECOM_ROBOT_ID": company["robot"]["id"],
            "WECOM_ROBOT_SECRET": company["robot"]["secret"],
        }
        self._with_redis = redis_url is not None

    def open(self, moment: datetime) -> None:
        """Start everything at this moment of the house's own time, and let the people in."""
        self._start_emulator()
        self.forward_to(moment)
        uow.upgrade(self.env["DATABASE_URL"])
        self.run("sync", "directory")
        self.run("user", "grant", "wanglei", "team_lead")
        self.serve()
        self._processes.scheduler(self.env)
        if self._with_redis:
            self._processes.worker(self.env)

    def serve(self) -> None:
        """Starts the product's server, as at the opening or after `web` was killed."""
        self.web = self._processes.gunicorn(self.env, port=self.port, workers=1)

    def _start_emulator(self) -> None:
        callback = f"http://127.0.0.1:{self.port}/wecom/callback"
        words = ["--port", self.emulator.rpartition(":")[2], "--tenant", str(self._folder / "company.json")]
        words += ["--home", f"http://127.0.0.1:{self.port}/console/"]
        words += ["--callback", callback, "--state", str(self._folder / "emulator.json")]
        words += ["--clock-file", str(self._folder / "clock")]
        python = str(ROOT / ".venv" / "bin" / "python")
        self._processes.start("emulator", [python, "-m", "emulator", *words], {}).wait_for_http(
            f"{self.emulator}/emu/api/clock"
        )

    def start_robot(self) -> Running:
        """The process that is the company's robot; it connects soon."""
        python = str(ROOT / ".venv" / "bin" / "python")
        return self._processes.start("robot", [python, "-m", "flask", "--app", "wsgi", "robot"], self.env)

    def run(self, *words: str) -> str:
        done = self._processes.flask(self.env, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def act(self, action: str, **body: object) -> Json:
        answer = requests.post(f"{self.emulator}/emu/api/{action}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    def forward_to(self, moment: datetime) -> None:
        self.act("clock", set=(moment - machine_time()).total_seconds())

    def say(self, userid: str, words: str) -> str:
        reply = self.act("say", userid=userid, text=words)["reply"]
        return "" if reply is None else str(reply.get("content") or reply.get("text") or reply)

    def inbox(self, userid: str, of: str = "app") -> list[Json]:
        answer = requests.get(f"{self.emulator}/emu/api/inbox?userid={userid}&since=0&of={of}", timeout=30)
        messages: list[Json] = answer.json()["messages"]
        return messages

    def cards(self, userid: str) -> list[Json]:
        return [m for m in self.inbox(userid) if m["kind"] == "template_card"]

    def titles(self, userid: str) -> list[str]:
        return [str(card["body"]["main_title"]["title"]) for card in self.cards(userid)]

    def card(self, userid: str, title: str) -> Json:
        """The card of that title, as soon as it has arrived."""
        self.until(lambda: any(title in found for found in self.titles(userid)), f"{title!r} for {userid}")
        body: Json = [c for c in self.cards(userid) if title in c["body"]["main_title"]["title"]][-1]["body"]
        return body

    def press(self, userid: str, card: Json, text: str, choice: str = "") -> Json:
        key = next(b["key"] for b in card["button_list"] if b["text"] == text)
        picked = {card["button_selection"]["question_key"]: [choice]} if choice else {}
        return self.act("click", userid=userid, task_id=card["task_id"], key=key, selected=picked)

    def option(self, card: Json, text: str) -> str:
        return next(str(o["id"]) for o in card["button_selection"]["option_list"] if o["text"] == text)

    def until(self, true: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not true():
            logs = "\n".join(log.read_text(errors="replace")[-1500:] for log in (self._folder / "logs").glob("*.log"))
            assert time.monotonic() < end, f"no {what}\n{logs}"
            time.sleep(0.1)

"""A local OpenAI-compatible endpoint: it keeps what it was sent, and answers what a test wants."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[Mapping[str, Any]], bytes]


class Model:
    """`answer` makes the body out of what was asked; `status` and `wait` (seconds) spoil it."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.answer: Answer = lambda _: b"{}"
        self.status, self.wait = 200, 0.0

    def says(self, *sentences: tuple[str, str, Sequence[Any]]) -> None:
        """(kind, text, cites) of each sentence of every answer from now on."""
        told = {"sentences": [{"kind": kind, "text": text, "cites": list(cites)} for kind, text, cites in sentences]}
        self.answer = lambda _: completion(json.dumps(told, ensure_ascii=False))

    @property
    def sent(self) -> str:
        """Everything that has left."""
        return json.dumps(self.asked, ensure_ascii=False)


def completion(content: str) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


@contextmanager
def model() -> Iterator[Model]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            here.asked.append(body)
            here.keys.append(self.headers.get("Authorization", ""))
            time.sleep(here.wait)
            answer = here.answer(body)
            try:
                self.send_response(here.status if self.path == "/v1/chat/completions" else 404)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
            except OSError:
                pass  # whoever asked has hung up

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = Model(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

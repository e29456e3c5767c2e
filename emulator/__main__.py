"""`python -m emulator`: starts the local WeCom."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from emulator.server import serve
from emulator.tenant import TenantError, load
from emulator.world import build


def main() -> int:
    options = _options()
    try:
        tenant = load(options.tenant)
    except TenantError as error:
        sys.stderr.write(f"emulator: {error}\n")
        return 2
    world = build(tenant, options.callback, options.home, options.state, options.clock_file)
    try:
        server = serve(world, options.host, options.port)
    except OSError as error:
        sys.stderr.write(f"emulator: cannot listen on {options.host}:{options.port}: {error}\n")
        return 1

    def stop(_signal: int, _frame: FrameType | None) -> None:
        # shutdown() waits for serve_forever to return, which runs in this very thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"emulator: http://{options.host}:{server.port}/\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    finally:
        server.server_close()
        world.state.close()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulator", description="A local WeCom for the demo and the tests.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001, help="0 takes a free port; the address is printed")
    parser.add_argument("--tenant", type=Path, default=Path("emulator/demo/company.json"), help="the company")
    parser.add_argument("--callback", help="the product's callback address; without it the app has none")
    parser.add_argument("--home", default="http://127.0.0.1:8000/console/", help="where the page's 管理后台 link leads")
    parser.add_argument("--state", type=Path, help="file that keeps chats, friends, tokens and ids over a restart")
    parser.add_argument("--clock-file", type=Path, help="file with the clock's offset in seconds")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

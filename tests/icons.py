"""`python -m tests.icons`: the pictures of the mini-program's tab bar, which takes no SVG, from web/icons."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.shots import FLAGS

WEB = Path(__file__).parent.parent / "web"
SIDE = 81  # px, what WeChat recommends
COLOURS = {"": "#5a6474", "-on": "#1f5fd6"}


def main() -> int:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(viewport={"width": SIDE, "height": SIDE})
        for source in sorted((WEB / "icons").glob("*.svg")):
            for ending, colour in COLOURS.items():
                style = f"body {{ margin: 0 }} svg {{ display: block; color: {colour} }}"
                page.set_content(f"<style>{style}</style>{source.read_text(encoding='utf-8')}")
                out = WEB / "miniapp" / "icons" / f"{source.stem}{ending}.png"
                page.screenshot(path=out, omit_background=True)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

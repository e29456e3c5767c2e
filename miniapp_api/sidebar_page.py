"""The page beside a chat, for the client's own web view: a shell; what it shows, its script asks the API for."""

import json
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, abort, make_response, render_template, send_from_directory

from miniapp_api.sidebar import PAGE

_YEAR = 365 * 24 * 3600
_FILES = ("sidebar.css", "sidebar.js")


@dataclass(frozen=True, slots=True)
class SidebarDeps:
    """`static_dir` holds the built files and their manifest; `emulator_url` is "" wherever there is none."""

    static_dir: Path
    corp_id: str
    agent_id: int
    oauth_url: str
    home: str
    emulator_url: str


class _Pages(Blueprint):
    """APIFlask, which mounts us beside the JSON API, asks every guarded blueprint whether its document lists it."""

    enable_openapi = False


def sidebar_page(deps: SidebarDeps) -> Blueprint:
    """`/sidebar/` and its two files."""
    bp = _Pages("sidebar", __name__, url_prefix=PAGE.rstrip("/"), template_folder="templates")

    @bp.get("/")
    def page() -> Response:
        names = _built(deps.static_dir)
        drawn = render_template("sidebar/page.html", deps=deps, css=names.get(_FILES[0]), js=names.get(_FILES[1]))
        response = make_response(drawn, 200 if len(names) == len(_FILES) else 503)
        response.headers["Content-Security-Policy"] = _policy(deps.emulator_url)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"  # the address holds a login code for a moment
        response.headers["Cache-Control"] = "no-store"
        return response

    @bp.get("/static/<name>")
    def static_file(name: str) -> Response:
        """Only the page's own files: the folder is shared with the console."""
        if name.split(".")[0] != "sidebar":
            abort(404)
        current = name in _built(deps.static_dir).values()
        response = send_from_directory(deps.static_dir, name, max_age=_YEAR if current else 0)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return bp


def _built(folder: Path) -> dict[str, str]:
    """Plain name → the name that changes with the content; re-read, because a build may have been made since."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: manifest[name] for name in _FILES if name in manifest}


def _policy(emulator: str) -> str:
    """Our own files and API only. The emulator's phones put the page into a frame and stand in for the client."""
    scripts, frames = ("'self' " + emulator, emulator) if emulator else ("'self'", "'none'")
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {frames}"
    )

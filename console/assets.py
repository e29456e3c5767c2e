"""Styles and scripts, self-hosted under names that change with their content."""

import json
import logging
from pathlib import Path

log = logging.getLogger(__name__)


class Assets:
    """`manifest.json` maps plain names to hashed ones. Re-read after a build; without it pages are plain."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._seen = 0
        self._names: dict[str, str] = {}
        if not (self.folder / "manifest.json").is_file():
            log.warning("console: no assets in %s, pages come without style; run: cd web && node build.mjs", folder)

    def name(self, plain: str) -> str | None:
        """The file to ask for, or None if it was not built."""
        manifest = self.folder / "manifest.json"
        try:
            seen = manifest.stat().st_mtime_ns
            if seen != self._seen:
                self._names, self._seen = json.loads(manifest.read_text(encoding="utf-8")), seen
        except (OSError, ValueError):  # not built yet, or just being built: the last good names stay
            pass
        return self._names.get(plain)

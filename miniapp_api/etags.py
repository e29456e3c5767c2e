"""What a phone has read already need not be sent again: the answer's own print, and 304 where it has not changed.

No cache on the way keeps an answer; the phone itself keeps what it shows without a network, and asks with its print.
"""

import hashlib
from typing import Any

from flask import Response, request


def stamped(response: Response) -> Response:
    """Give a JSON answer to a GET its ETag; nothing but that where the phone has this very answer or file."""
    if request.method != "GET" or response.status_code != 200:
        return response
    if response.mimetype == "application/json":
        response.set_etag(_print(response.get_data()))
    if response.get_etag()[0]:
        response.make_conditional(request)
    return response


def of_file(stored_name: str) -> str:
    """The ETag of a file in the store: nothing is ever written twice under one name there."""
    return _print(stored_name.encode())


def _print(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def described(document: dict[Any, Any]) -> None:
    """Every read may be asked with `If-None-Match`."""
    for methods in document["paths"].values():
        for method, operation in methods.items():
            told = operation["responses"].get("200", {}) if method == "get" else {}
            if not told.get("content"):
                continue
            told["headers"] = {"ETag": {"description": "这次回答的指纹", "schema": {"type": "string"}}}
            operation["responses"]["304"] = {"description": "和 If-None-Match 里的指纹一样，没有变"}
            operation.setdefault("parameters", []).append(
                {
                    "in": "header",
                    "name": "If-None-Match",
                    "required": False,
                    "description": "上次的 ETag；没有变就回答 304，没有内容",
                    "schema": {"type": "string"},
                }
            )

"""What the OpenAPI document says beyond the models: errors, the bearer token, the answers every write may give."""

from typing import Any

from flask import Flask

_ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "description": "Stable, for programs"},
        "message": {"type": "string", "description": "Chinese, for people: what happened and what to do next"},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["code", "message"],
    "additionalProperties": False,
}


def said(schema: str) -> dict[str, Any]:
    """The `content` of an answer whose model is already in the document."""
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def answers(others: dict[int | str, str]) -> dict[int | str, dict[str, str | dict[str, Any]]]:
    """What an operation may answer besides its success and what APIFlask adds (401, 404, 422)."""
    told = {**others, "default": "Anything else that went wrong"}
    return {
        status: {"description": text} if status == 204 else {"description": text, "content": said("HTTPError")}
        for status, text in told.items()
    }


READ: dict[int | str, str] = {403: "Disabled, or left"}
WRITE = READ | {
    404: "Not there, or not yours: the two look the same",
    409: "The key was used for another request, or something was there first",
    413: "More than 64 KiB",
    415: "Not JSON",
}


def configure(app: Flask) -> None:
    """APIFlask takes these from the application that mounts the blueprint."""
    app.config.update(
        SECURITY_SCHEMES={"bearer": {"type": "http", "scheme": "bearer", "description": "From POST /session"}},
        HTTP_ERROR_SCHEMA=_ERROR,
        VALIDATION_ERROR_SCHEMA=_ERROR,
        AUTO_SERVERS=False,  # the document is the same whoever asks, and repeats no Host header
    )

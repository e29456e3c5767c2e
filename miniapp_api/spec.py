"""What the OpenAPI document says beyond the models: errors, the bearer token, the answers every write may give."""

from typing import Any

from flask import Flask

_ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "description": "给程序看，不会变"},
        "message": {"type": "string", "description": "给人看：出了什么事，接着怎么办"},
        "fields": {"type": "object", "additionalProperties": {"type": "string"}},
        "customer_id": {"type": "string", "description": "已经有的那个客户，自己看得到才有"},
    },
    "required": ["code", "message"],
    "additionalProperties": False,
}


def said(schema: str) -> dict[str, Any]:
    """The `content` of an answer whose model is already in the document."""
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def answers(others: dict[int | str, str]) -> dict[int | str, dict[str, str | dict[str, Any]]]:
    """What an operation may answer besides its success and what APIFlask adds (401, 404, 422)."""
    told = {**others, "default": "其他出错情况"}
    return {
        status: {"description": text} if status == 204 else {"description": text, "content": said("HTTPError")}
        for status, text in told.items()
    }


READ: dict[int | str, str] = {403: "已停用或离职"}
WRITE = READ | {
    404: "没有，或不是自己的：两者看起来一样",
    409: "编号已用于另一个请求，或别人抢先了一步",
    413: "超过 64 KB",
    415: "不是 JSON",
}


def configure(app: Flask) -> None:
    """APIFlask takes these from the application that mounts the blueprint."""
    app.config.update(
        SECURITY_SCHEMES={"bearer": {"type": "http", "scheme": "bearer", "description": "POST /session 给的令牌"}},
        HTTP_ERROR_SCHEMA=_ERROR,
        VALIDATION_ERROR_SCHEMA=_ERROR,
        SUCCESS_DESCRIPTION="成功",
        NOT_FOUND_DESCRIPTION="没有，或不是自己的",
        VALIDATION_ERROR_DESCRIPTION="填写有误，fields 说明是哪里",
        AUTH_ERROR_DESCRIPTION="没有登录，或登录已失效",
        AUTO_SERVERS=False,  # the document is the same whoever asks, and repeats no Host header
    )

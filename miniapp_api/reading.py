"""How a request is read: strict JSON of a bounded size into a strict model, or a refusal that names each field."""

from typing import Any, get_origin

from apiflask.schema_adapters import registry
from apiflask.schema_adapters.pydantic import PydanticAdapter
from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from config.files import MOST_BYTES
from crm.errors import CrmError, Invalid
from miniapp_api.words import in_chinese

BODY_CAP = 64 * 1024  # bytes; the longest honest request is a check-in with a report of 5,000 characters
UPLOAD_CAP = MOST_BYTES + BODY_CAP  # the file, and what is said of it
_MOST_PARTS = 10
_REFUSED = "提交的内容有误，没有保存。请按提示改好再提交"
_REFUSED_QUERY = "查询条件有误，没有查到。请按提示改好再查"


class StrictAdapter(PydanticAdapter):
    """APIFlask's reader guesses: any content type is JSON, NaN is a number, a number is a date. This one does not."""

    def validate_input(self, request: Request, location: str, **kwargs: Any) -> BaseModel:
        model = self.model_class
        try:
            if location == "json":
                return model.model_validate_json(_json(request))
            if location == "form_and_files":
                return model.model_validate(_form(request))
            if location == "query":
                many = {name for name, field in model.model_fields.items() if get_origin(field.annotation) is list}
                lists = {name: request.args.getlist(name) for name in many if name in request.args}
                return model.model_validate(request.args.to_dict() | lists)
            if location == "headers":
                # A field's alias is the header's name; absent is not the same as empty.
                names = [field.alias or name for name, field in model.model_fields.items()]
                return model.model_validate({name: request.headers[name] for name in names if name in request.headers})
        except ValidationError as error:
            known = {field.alias or name for name, field in model.model_fields.items()}
            problems = error.errors(include_input=False, include_url=False)
            said = _REFUSED_QUERY if location == "query" else _REFUSED
            raise Invalid(said, in_chinese(problems, known)) from None
        raise NotImplementedError(location)


class NotAForm(CrmError):
    """A file does not travel in JSON."""

    code, http_status = "unsupported_media_type", 415


class TooLargeFile(CrmError):
    code, http_status = "too_large", 413


TOO_LARGE_FILE = "文件超过 20 MB，没有收下。请压缩图片或视频，或拆成几个文件再上传"


def install() -> None:
    """From now on APIFlask reads pydantic models strictly; called before the first route is declared."""
    registry.register("pydantic", StrictAdapter)


def _json(request: Request) -> bytes:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    if (request.content_length or 0) > BODY_CAP:
        raise RequestEntityTooLarge  # by its own word, before a byte is read
    request.max_content_length = BODY_CAP + 1  # a body of unknown length is silently cut there
    body = request.get_data()
    if len(body) > BODY_CAP:
        raise RequestEntityTooLarge
    return body


def _form(request: Request) -> dict[str, str | FileStorage]:
    """Name and file parts of a multipart body, each name once; the file's own size is counted where it is taken in."""
    if request.mimetype != "multipart/form-data":
        raise NotAForm("上传附件只接受表单（Content-Type: multipart/form-data，文件放在 file 里）")
    request.max_content_length = UPLOAD_CAP
    request.max_form_parts = _MOST_PARTS
    try:
        return {**request.form.to_dict(), **request.files.to_dict()}
    except RequestEntityTooLarge:
        raise TooLargeFile(TOO_LARGE_FILE) from None

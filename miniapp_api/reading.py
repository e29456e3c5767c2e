"""How a request is read: strict JSON of a bounded size into a strict model, or a refusal that names each field."""

from typing import Any

from apiflask.schema_adapters import registry
from apiflask.schema_adapters.pydantic import PydanticAdapter
from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from crm.errors import Invalid
from miniapp_api.words import in_chinese

BODY_CAP = 64 * 1024  # bytes; the longest honest request is a check-in with a report of 5,000 characters
_REFUSED = "提交的内容有误，没有保存。请按提示改好再提交"
_REFUSED_QUERY = "查询条件有误，没有查到。请按提示改好再查"


class StrictAdapter(PydanticAdapter):
    """APIFlask's reader guesses: any content type is JSON, NaN is a number, a number is a date. This one does not."""

    def validate_input(self, request: Request, location: str, **kwargs: Any) -> BaseModel:
        model = self.model_class
        try:
            if location == "json":
                return model.model_validate_json(_json(request))
            if location == "query":
                return model.model_validate(request.args.to_dict())
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

"""From an HTTP request to a method's model: JSON, forms and multipart, read with aiogram's own classes."""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import BodyPartReader, web
from pydantic import ValidationError

from bot.messengers.telegram.library import api, types
from tests.fakes.telegram_world import ApiError, Json, Loose, bad

Method = api.TelegramMethod[Any]

METHODS: dict[str, type[Method]] = {
    cls.__api_method__.lower(): cls
    for _, cls in inspect.getmembers(api, inspect.isclass)
    if issubclass(cls, api.TelegramMethod) and cls is not api.TelegramMethod
}


@dataclass(slots=True)
class Upload:
    """A file as a multipart request brought it."""

    name: str
    mime: str
    content: bytes


@dataclass(slots=True)
class Call:
    """One request: the method as aiogram models it, what was given in it, and its files."""

    name: str
    method: Method
    given: Json
    uploads: dict[str, Upload]


def _plain(annotation: Loose) -> bool:
    """Whether a form gives such a field as it is; everything else comes as JSON text."""
    args: tuple[Loose, ...] = typing.get_args(annotation)
    if args:
        origin: Loose = typing.get_origin(annotation)
        return origin is not list and all(_plain(a) for a in args)
    return not (inspect.isclass(annotation) and (annotation in {list, dict} or _is_object(annotation)))


def _is_object(annotation: type) -> bool:
    return issubclass(annotation, types.TelegramObject)


_JSON_FIELDS: dict[str, frozenset[str]] = {
    name: frozenset(field for field, info in cls.model_fields.items() if not _plain(info.annotation))
    for name, cls in METHODS.items()
}


async def read_call(request: web.Request, name: str) -> Call:
    """The call that a request makes. Raises ApiError as Telegram would answer it."""
    cls = METHODS.get(name.lower())
    if cls is None:
        raise ApiError(404, "Not Found: method not found")
    given: Json = dict(request.query)
    uploads: dict[str, Upload] = {}
    kind = request.content_type
    if kind == "application/json":
        body = await request.read()
        if body:
            try:
                given |= orjson.loads(body)
            except (ValueError, TypeError):
                raise bad("can't parse the request: JSON object expected") from None
    elif kind == "multipart/form-data":
        given |= _decoded(name, await _multipart(request, uploads))
    else:
        given |= _decoded(name, {k: str(v) for k, v in (await request.post()).items()})
    given = {key: value for key, value in given.items() if value is not None}
    if unknown := given.keys() - cls.model_fields.keys() - uploads.keys():
        raise bad(
            f"the method has no parameter {min(unknown)}"
        )  # Telegram overlooks it; a mistake all the same
    try:
        method = cls.model_validate(given)
    except ValidationError as error:
        raise _complaint(error) from error
    return Call(cls.__api_method__, method, given, uploads)


def _decoded(name: str, form: dict[str, str]) -> Json:
    fields = _JSON_FIELDS[name.lower()]
    decoded: Json = {}
    for key, value in form.items():
        if key in fields:
            try:
                decoded[key] = orjson.loads(value)
            except ValueError:
                raise bad(f"can't parse {key.replace('_', ' ')} JSON object") from None
        else:
            decoded[key] = value
    return decoded


async def _multipart(request: web.Request, uploads: dict[str, Upload]) -> dict[str, str]:
    form: dict[str, str] = {}
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        assert isinstance(part, BodyPartReader)
        content = bytes(await part.read(decode=False))
        if part.filename is None:
            form[part.name or ""] = content.decode()
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            uploads[part.name or ""] = Upload(part.filename, mime, content)
            form.setdefault(part.name or "", f"attach://{part.name}")
    for name in uploads:
        if not any(f"attach://{name}" in value for key, value in form.items() if key != name):
            continue
        form.pop(name, None)
    return form


_SENTENCES = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "from_chat_id": 'parameter "from_chat_id" is required',
}


def _complaint(error: ValidationError) -> ApiError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing" and where in _SENTENCES:
        return bad(_SENTENCES[where])
    return bad(f"can't parse {where}: {first['msg']}")

"""aiogram, imported lightly. Everything here takes it from this module, and imports it nowhere else.

aiogram builds the validators of all its hundreds of classes while it is imported: three seconds and a hundred
megabytes, of which a bot that reads Telegram's JSON itself needs a few percent. Here each class builds its validator
when it is first used; nothing else about it changes, also for others in the same process who use aiogram.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel

__all__ = ["PRODUCTION", "Default", "TelegramAPIServer", "api", "types"]

_names: dict[str, Any] = {}
"""The names by which aiogram's classes refer to each other."""

_build: Any = BaseModel.__dict__["model_rebuild"].__func__


@contextmanager
def _building_put_off() -> Iterator[None]:
    """Meanwhile, aiogram's classes note by which names they are to be built, and aren't built."""

    def note(cls: type[BaseModel], /, **how: Any) -> bool | None:
        if not cls.__module__.startswith("aiogram."):
            built: bool | None = _build(cls, **how)
            return built
        _names.update(how.get("_types_namespace") or {})
        return None

    usual = BaseModel.__dict__["model_rebuild"]
    BaseModel.model_rebuild = classmethod(note)  # type: ignore[assignment, method-assign]  # for this import alone
    try:
        yield
    finally:
        BaseModel.model_rebuild = usual  # type: ignore[method-assign]  # as it was


def _build_with_names(cls: type[BaseModel], /, **how: Any) -> bool | None:
    """Build a class, by aiogram's names unless others are given."""
    built: bool | None = _build(cls, **({"_types_namespace": _names} | how))
    return built


with _building_put_off():
    from aiogram import methods as api
    from aiogram import types
    from aiogram.client.default import Default
    from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
    from aiogram.methods.base import Response, TelegramMethod
    from aiogram.types.base import TelegramObject

if _names:  # else somebody imported aiogram before, and everything is built
    for _base in (TelegramObject, TelegramMethod, Response):
        _base.model_rebuild = classmethod(_build_with_names)  # type: ignore[assignment, method-assign]  # the point of it

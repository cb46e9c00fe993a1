"""aiogram is imported lightly, and is otherwise what it is."""

from __future__ import annotations

import subprocess
import sys

_SEEN = """
import pydantic
usual = pydantic.BaseModel.__dict__["model_rebuild"]
import bot.messengers.telegram.messenger
from bot.messengers.telegram.library import api, types

assert pydantic.BaseModel.__dict__["model_rebuild"] is usual
built = [n for n in types.__all__ if getattr(getattr(types, n), "__pydantic_complete__", False)]
assert len(built) < 40, f"{len(built)} of aiogram's classes are built by importing it: somebody imports it directly"

for name in api.__all__:
    method = getattr(api, name)
    if isinstance(method, type) and issubclass(method, api.TelegramMethod) and method is not api.TelegramMethod:
        method.model_rebuild()
        assert method.__pydantic_complete__, name
chat = {"id": 1, "type": "private"}
update = types.Update.model_validate({"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": chat}})
assert update.message.chat.id == 1
assert api.base.Response[types.Chat].model_validate({"ok": True, "result": chat}).result.id == 1
"""


def test_classes_are_built_when_they_are_used() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SEEN], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr

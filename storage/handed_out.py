"""The files of messages that are handed out at an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.messages import load_content
from storage import messages

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from domain.messages import Attachment


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A file and the messenger that has it."""

    messenger: str
    file: Attachment


def find(conn: Connection, message_id: int) -> HandedOut | None:
    """The file of a message; None when it was deleted, taken back, or has none any more."""
    try:
        message = messages.by_id(conn, message_id)
    except LookupError:
        return None
    if message.deleted or message.role not in ("customer", "answer"):
        return None
    files = load_content(message.content).files
    return HandedOut(message.from_messenger, files[0]) if files else None

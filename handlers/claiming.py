"""Events where several processes share the work: handled by whoever claims them, under the locks of their tickets."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from domain.events import Deleted, Edited, Event, Ignored, Pressed, Reacted, Wrote
from domain.policy import Policy
from domain.work import Effects, Lane
from handlers import dispatch
from storage import claims

if TYPE_CHECKING:
    from storage import Connection


def handle(
    conn: Connection,
    policy: Policy,
    now: datetime,
    messenger: str,
    row_ids: Sequence[int],
    events: Sequence[Event],
    in_hand: Container[tuple[int, Lane]] = (),
) -> Effects | None:
    """Handle the events if they are first of their lane and nobody else's; else None, and nothing has happened."""
    subject = _subject(policy.accounts.get(messenger, ""), messenger, events)
    if not claims.claim(conn, row_ids, subject):
        return None
    return dispatch.handle(conn, policy, now, messenger, row_ids, events, in_hand, marked=True)


def _subject(account: str, messenger: str, events: Sequence[Event]) -> claims.Subject | None:
    """What the events name: the tickets behind it are locked."""
    first = events[0]
    if isinstance(first, Ignored):
        return None
    thread: str | None = getattr(first, "thread", None)
    refs: list[str] = []
    for event in events:
        match event:
            case Wrote(reply_to=str(ref)) | Edited(ref=ref) | Reacted(ref=ref) | Pressed(ref=ref):
                refs.append(ref)
            case Deleted(refs=several):
                refs.extend(several)
    return claims.Subject(messenger, account, first.chat.native, thread, tuple(refs))

"""What somebody wrote in a ticket is kept: one message, or the parts of one album."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from domain.events import Wrote
from domain.messages import dump_content
from domain.mirror import Fate
from domain.moments import to_ms
from handlers.turn import Turn
from storage import messages

if TYPE_CHECKING:
    from storage.query import Row


def keep(
    turn: Turn,
    ticket: Row,
    place: Row,
    person: Row,
    said: Sequence[Wrote],
    role: Fate | Literal["customer"],
    reply_to: int | None,
) -> Row:
    """Remember what was said in a place; gives the message, of an album the first one."""
    kept: list[Row] = []
    for wrote in said:
        kept.append(
            messages.add(
                turn.conn,
                ticket_id=ticket.id,
                place=place,
                person_id=person.id,
                ref=wrote.ref,
                role=role,
                content=dump_content(wrote.content),
                reply_to_id=reply_to,
                album_id=kept[0].id if kept else None,
                written_at=to_ms(wrote.at),
            )
        )
    first = kept[0]
    if len(kept) == 1:
        return first
    messages.change(turn.conn, first.id, album_id=first.id)
    return messages.by_id(turn.conn, first.id)

"""Errors of Okno's own in making a letter, or in writing down what came of one: no place stands still for them.

The letter has failed or arrived, as the case may be; the log has the error, the thread or the leads a word; what
comes after it goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from domain.policy import LEADS
from domain.requests import Refused
from domain.texts import text
from handlers import refused, relay
from handlers.turn import Turn
from storage import chats, clocks, once, outbox, places

if TYPE_CHECKING:
    from domain.policy import Policy
    from storage import Connection
    from storage.query import Row

_log = structlog.get_logger()

OURS = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, AssertionError)
"""Errors in what we make of what was read. A database's own are none of these: the unit of work must fail with them."""

_OWN = Refused("message", "refused.internal")


def cannot_be_made(conn: Connection, policy: Policy, letter: Row, turn: Turn | None) -> None:
    """A letter that can't be made has failed. To be called where its error is handled; `turn`: which wakes the thread."""
    _log.exception("a letter can't be made", letter=letter.id, kind=letter.kind)
    outbox.unjoin(conn, letter.id)
    outbox.finish(conn, letter.id, letter.place_id, "failed", letter.created_at, _OWN.reason)
    if letter.message_id is not None and letter.kind in ("copy", "delete", "correction", "history"):
        at = clocks.moment(letter.created_at)
        if turn is None and at is not None:
            turn = Turn(conn, policy, at)
        if turn is not None:
            _say(turn, letter)


def _say(turn: Turn, letter: Row) -> None:
    """The thread says that it failed, unless even that can't be made."""
    try:
        refused.say_undelivered(turn, letter, _OWN)
    except OURS:  # what is wrong with the message may be wrong with telling of it
        _log.exception("the thread can't be told", letter=letter.id)


def tell_leads(turn: Turn, key: str, **said: object) -> None:
    """The leads, else the default desk, are told of an error, at most once an hour for each kind."""
    bound = chats.binding(turn.conn, LEADS) or chats.binding(turn.conn, turn.policy.default_desk.name)
    hour = turn.now.strftime("%Y-%m-%d %H")
    if bound is not None and once.first(turn.conn, key, turn.messenger, hour, turn.now_ms):
        relay.say(turn, places.whole_chat(turn.conn, bound.chat_id), text(turn.policy.locale, key, **said))

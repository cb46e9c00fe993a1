"""A platform doesn't take the bot's token any more: said where that still arrives, since nothing does in its own chats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.texts import text
from domain.work import Effects, Priority
from handlers import hearing, letters, relay
from handlers.turn import Turn
from storage import once

if TYPE_CHECKING:
    from datetime import datetime

    from domain.policy import Policy
    from storage import Connection


def tell(conn: Connection, policy: Policy, now: datetime, messenger: str, *, refused: bool) -> Effects:
    """Tell the leads, a desk or the admins, whoever is in another messenger, at most once an hour; nobody where there is none.

    `refused`: nothing is received or sent in that messenger; else it takes the token again.
    """
    turn = Turn(conn, policy, now, messenger)
    key = "account.refused" if refused else "account.taken"
    if once.first(conn, key, messenger, now.strftime("%Y-%m-%d %H"), turn.now_ms):
        words = text(policy.locale, key, messenger=messenger.capitalize())
        for there in hearing.places_that_hear(turn, lambda chat: bool(chat.messenger != messenger)):
            relay.say(turn, there, words, priority=Priority.PING)
    return letters.finish(turn)

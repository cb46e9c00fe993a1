"""`/desk NAME`: an admin binds a desk, or the leads, to the chat they write it in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.policy import LEADS
from domain.texts import text
from handlers import actions, relay, threads
from handlers.turn import Turn
from storage import chats, places

if TYPE_CHECKING:
    from storage.query import Row


def desk_command(turn: Turn, chat: Row, person: Row, words: str, ref: str) -> None:
    """Bind, unbind (`/desk off`), or say what this chat is. Nobody but an admin may; strangers get no answer."""
    admin = person.admin or f"{person.messenger}:{person.native}" in turn.policy.admins
    bound = chats.desk_of(turn.conn, chat.id)
    if not admin:
        if bound is not None:
            _say(turn, chat, ref, "desk.not_admin")
        return
    wanted = words.strip().lower()
    if not wanted:
        names = ", ".join([*(d.name for d in turn.policy.desks), LEADS])
        _say(turn, chat, ref, "desk.usage" if bound is None else "desk.is", desk=bound or "", desks=names)
    elif wanted == "off":
        _unbind(turn, chat, bound, ref)
    else:
        _bind(turn, chat, person, bound, wanted, ref)


def _bind(turn: Turn, chat: Row, person: Row, bound: str | None, wanted: str, ref: str) -> None:
    desk = actions.find_desk(turn, wanted) if wanted != LEADS else None
    name = LEADS if wanted == LEADS else desk.name if desk is not None else None
    if name is None:
        names = ", ".join([*(d.name for d in turn.policy.desks), LEADS])
        _say(turn, chat, ref, "move.unknown", desk=wanted, desks=names)
        return
    address = turn.policy.leads_address if desk is None else desk.address
    if address is not None and (address.messenger, address.native) != (chat.messenger, chat.native):
        _say(turn, chat, ref, "desk.settings_win", desk=name, address=str(address))
    elif bound == name:
        _say(turn, chat, ref, "desk.is", desk=name, desks="")
    elif bound is not None:
        _say(turn, chat, ref, "desk.taken", desk=bound)
    else:
        moved = threads.bind(turn, name, chat.id, f"{person.messenger}:{person.native}")
        key = "desk.bound_leads" if name == LEADS else "desk.bound" if chat.threaded else "desk.bound_plain"
        _say(turn, chat, ref, key, desk=desk.title if desk else name, n=moved)


def _unbind(turn: Turn, chat: Row, bound: str | None, ref: str) -> None:
    """The desk goes home to the staff page; its open tickets follow."""
    if bound is None:
        _say(turn, chat, ref, "desk.none")
        return
    desk = turn.policy.desk(bound)
    address = desk.address if desk else turn.policy.leads_address
    if address is not None:
        _say(turn, chat, ref, "desk.settings_win", desk=bound, address=str(address))
        return
    chats.unbind(turn.conn, bound)
    if desk is not None:
        threads.follow(turn, bound)
    _say(turn, chat, ref, "desk.unbound", desk=desk.title if desk else bound)


def _say(turn: Turn, chat: Row, ref: str, key: str, **params: object) -> None:
    place = places.whole_chat(turn.conn, chat.id)
    relay.say(turn, place, text(turn.policy.locale, key, **params), reply_ref=ref)

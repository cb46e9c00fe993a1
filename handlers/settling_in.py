"""At start: desks are bound as the settings say, and their tickets follow."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from domain.policy import LEADS, Address, Policy
from domain.work import Effects
from handlers import letters, threads
from handlers.turn import Turn
from storage import chats, leases, tickets

if TYPE_CHECKING:
    from storage import Connection
    from storage.query import Row


def settle_in(conn: Connection, policy: Policy, now: datetime) -> Effects:
    """At start: desks are bound as the settings say, tickets follow, and chats that were given up are tried again."""
    leases.one_by_one(conn, leases.STARTING)
    turn = Turn(conn, policy, now)
    _rebind(turn)
    for desk in policy.desks:
        threads.follow(turn, desk.name)
    _follow_lost_desks(turn)
    for chat_id in chats.parked(conn):
        chats.park(conn, chat_id, "")
    return letters.finish(turn)


def _rebind(turn: Turn) -> None:
    """What the settings name wins; then what was bound in a chat; the rest goes home."""
    wanted = {desk.name: desk.address for desk in turn.policy.desks} | {LEADS: turn.policy.leads_address}
    for bound in chats.bindings(turn.conn):
        address = wanted.get(bound.name)
        settled = address is not None and _is(turn, bound, address)
        if (
            bound.name not in wanted
            or (bound.bound_by in ("settings", "home") and not settled)
            or (address is not None and not settled)
        ):
            chats.unbind(turn.conn, bound.name)
    for name, address in wanted.items():
        if address is not None:
            _claim_chat(turn, name, address)
    for name, address in wanted.items():
        if chats.binding(turn.conn, name) is None and (name != LEADS or address is not None):
            threads.bind_home(turn.conn, turn.policy, name, address, turn.now_ms)


def _is(turn: Turn, bound: Row, address: Address) -> bool:
    account = turn.policy.accounts.get(address.messenger, "")
    found = chats.find(turn.conn, address.messenger, account, address.native)
    return found is not None and found.id == bound.chat_id


def _claim_chat(turn: Turn, name: str, address: Address) -> None:
    """A chat that the settings give to a desk is taken from whichever desk was bound to it in the chat."""
    account = turn.policy.accounts.get(address.messenger, "")
    found = chats.find(turn.conn, address.messenger, account, address.native)
    holder = chats.desk_of(turn.conn, found.id) if found is not None else None
    if holder is not None and holder != name:
        chats.unbind(turn.conn, holder)


def _follow_lost_desks(turn: Turn) -> None:
    """Open tickets of a desk that the settings no longer have go to the default desk."""
    known = [desk.name for desk in turn.policy.desks]
    for ticket_id in tickets.open_elsewhere(turn.conn, known):
        tickets.change(turn.conn, ticket_id, desk=turn.policy.default_desk.name)
        ticket = tickets.get(turn.conn, ticket_id)
        if ticket.desk_place_id is not None:
            threads.rehome(turn, ticket)

"""Where tickets live: opening a place in a desk, moving to another, binding a desk to a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain import cards
from domain.names import apart, tidy
from domain.policy import LEADS, Address, Desk, Policy
from domain.richtext import plain
from domain.texts import text
from handlers import card_views, floods, history, relay
from handlers.turn import Turn
from storage import chats, links, outbox, people, places, tickets

if TYPE_CHECKING:
    from storage import Connection
    from storage.query import Row

_TITLE_LIMIT = 100
_SUBJECT_LIMIT = 60


def title_of(customer: str, subject: str, ticket_id: int) -> str:
    """`Name · first words #123`, short enough for every messenger."""
    tail = f" #{ticket_id}"
    room = _TITLE_LIMIT - len(tail)
    name = " ".join(customer.split())
    whole = f"{name} · {subject}" if subject else name
    return apart(whole if len(whole) <= room else whole[: room - 1].rstrip() + "…") + tail


def subject_of(words: str) -> str:
    """The first words of a question, on one line."""
    line = tidy(words)
    if len(line) <= _SUBJECT_LIMIT:
        return line
    cut = line.rfind(" ", _SUBJECT_LIMIT // 2, _SUBJECT_LIMIT)
    return line[: cut if cut > 0 else _SUBJECT_LIMIT - 1].rstrip() + "…"


def desk_chat(turn: Turn, desk: Desk) -> Row:
    """The chat that the desk is bound to now."""
    bound = chats.binding(turn.conn, desk.name)
    if bound is None:  # a desk is bound at start; one that was unbound meanwhile goes home
        return chats.by_id(turn.conn, bind_home(turn.conn, turn.policy, desk.name, desk.address, turn.now_ms))
    return chats.by_id(turn.conn, bound.chat_id)


def open_place(turn: Turn, ticket: Row) -> Row:
    """Give the ticket a new place in its desk; nothing is made there until something is to be sent."""
    chat = desk_chat(turn, turn.desk(ticket.desk))
    customer = people.customer(turn.conn, ticket.customer_id)
    title = title_of(customer.name, ticket.subject, ticket.id)
    place = places.new_thread(turn.conn, chat.id, ticket.id, title)
    tickets.change(turn.conn, ticket.id, desk_place_id=place.id)
    return place


def place_of(turn: Turn, ticket: Row) -> Row:
    """The ticket's place in its desk's present chat; one in a chat that the desk has left is given up for a new one."""
    if ticket.desk_place_id is None:
        return open_place(turn, ticket)
    place = places.by_id(turn.conn, ticket.desk_place_id)
    bound = chats.binding(turn.conn, turn.desk(ticket.desk).name)
    if bound is not None and place.chat_id == bound.chat_id:
        return place
    return rehome(turn, ticket)


def rehome(turn: Turn, ticket: Row, *, pointer: bool = True) -> Row:
    """Open a new place for the ticket, with what was said so far and what waits to be relayed; the old one points there."""
    old = places.by_id(turn.conn, ticket.desk_place_id)
    new = open_place(turn, ticket)
    for letter in outbox.waiting_of(turn.conn, old.id):
        if letter.kind == "copy":
            outbox.rehome(turn.conn, letter.id, new.id)
            outbox.change(turn.conn, letter.id, payload="")
        elif letter.kind in ("edit", "history", "correction", "delete", "held", "reheld", "late"):
            outbox.finish(turn.conn, letter.id, old.id, "dropped", turn.now_ms)
    floods.follow(turn, old, new, ticket.id)
    history.write(turn.conn, turn.policy, new, ticket.id, turn.now_ms, first=True)
    places.change(turn.conn, old.id, state="left", card_menu="")
    places.want_card(turn.conn, old.id)
    turn.wake(old.id, "state")
    turn.wake(new.id)
    if pointer and old.state in ("open", "made"):
        say_moved(turn, old, tickets.get(turn.conn, ticket.id))
    return new


def made(turn: Turn, place: Row, root: str) -> None:
    """The place's thread is there. One that the ticket left while it was being made says where the ticket went."""
    if place.state == "new":
        places.change(turn.conn, place.id, root=root, state="made")
    elif place.state == "left" and place.root is None:
        places.change(turn.conn, place.id, root=root)
        left = places.by_id(turn.conn, place.id)
        say_moved(turn, left, tickets.get(turn.conn, place.ticket_id))


def say_moved(turn: Turn, place: Row, ticket: Row, reply_ref: str | None = None) -> None:
    """Tell a place that the ticket has left it, and where it went."""
    desk = turn.desk(ticket.desk)
    words = plain(
        text(turn.policy.locale, "moved.to", desk=f"{desk.icon} {desk.title}".strip(), number=ticket.id)
    )
    link = card_views.link_to(turn.conn, turn.policy, ticket)
    relay.say(turn, place, cards.linked(words, link), ticket_id=ticket.id, reply_ref=reply_ref)


def reopen_lost(conn: Connection, policy: Policy, place: Row) -> Row:
    """A place whose thread was deleted begins anew, with what was said so far."""
    generation = place.generation + 1
    links.forget_place(conn, place.id, place.ticket_id)
    values = {"root": None, "card_ref": None, "generation": generation, "state": "new", "card_menu": ""}
    places.change(conn, place.id, **values, closed_shown=0)
    fresh = places.by_id(conn, place.id)
    if outbox.count_held(conn, place.id):
        floods.announce(conn, fresh, place.ticket_id, 0)
    history.write(conn, policy, fresh, place.ticket_id, 0, first=True)
    return fresh


def bind(turn: Turn, name: str, chat_id: int, bound_by: str) -> int:
    """Bind a desk (or the leads) to a chat; its open tickets get threads there. Gives how many did."""
    chats.bind(turn.conn, name, chat_id, bound_by, turn.now_ms)
    if name == LEADS:
        return 0
    return follow(turn, name)


def follow(turn: Turn, name: str) -> int:
    """Open tickets of the desk whose place is in another chat come over."""
    desk = turn.desk(name)
    chat_id = desk_chat(turn, desk).id
    moved = 0
    for ticket_id in tickets.all_open(turn.conn, name):
        ticket = tickets.get(turn.conn, ticket_id)
        if ticket.desk_place_id is None or places.by_id(turn.conn, ticket.desk_place_id).chat_id != chat_id:
            rehome(turn, ticket) if ticket.desk_place_id is not None else open_place(turn, ticket)
            moved += 1
    return moved


def bind_home(conn: Connection, policy: Policy, name: str, address: Address | None, now_ms: int) -> int:
    """Bind to the settings' address, or to the chat of the same name at home."""
    home = address or Address(policy.home, name)
    caps = policy.capabilities.get(home.messenger)
    threaded = caps is None or caps.threads or caps.threads_under_cards
    account = policy.accounts.get(home.messenger, home.messenger)
    chat = chats.expect(conn, home.messenger, account, home.native, threaded=threaded)
    chats.bind(conn, name, chat.id, "settings" if address else "home", now_ms)
    return int(chat.id)

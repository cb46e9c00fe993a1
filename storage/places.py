"""Places: a ticket's spot in a chat, and the chat as a whole. The lanes of what goes out."""

from __future__ import annotations

from sqlalchemy import Connection, literal_column, or_, select, update

from storage.query import KEPT, Changing, Query, Row, inserting, p
from storage.schema import chats, places

_COLUMNS = (
    *places.c,
    chats.c.messenger,
    chats.c.account,
    chats.c.native,
    chats.c.kind.label("chat_kind"),
    chats.c.threaded,
    chats.c.parked,
)
_PLACE = select(*_COLUMNS).join(chats, chats.c.id == places.c.chat_id)
_BY_ID = Query(_PLACE.where(places.c.id == p("id")), keep=KEPT)
_WHOLE = Query(
    _PLACE.where(places.c.chat_id == p("chat_id"), places.c.kind == literal_column("'chat'")), keep=KEPT
)
_BY_ROOT = Query(_PLACE.where(places.c.chat_id == p("chat_id"), places.c.root == p("root")), keep=KEPT)
_LAST_LINE = Query(
    _PLACE.where(
        places.c.chat_id == p("chat_id"), places.c.line_by == p("person_id"), places.c.line_at >= p("since")
    )
    .order_by(places.c.line_at.desc())
    .limit(1)
)
_UNCONFIRMED = Query(
    _PLACE.where(
        places.c.chat_id == p("chat_id"),
        places.c.title == p("title"),
        places.c.state.in_([literal_column("'new'"), literal_column("'left'")]),
        places.c.root.is_(None),
    )
    .order_by(places.c.state.desc())  # where the ticket is now goes before where it was
    .limit(1)
)
_OF_CHAT = Query(select(places.c.id).where(places.c.chat_id == p("chat_id")))
_STATE_DUE = Query(
    select(places.c.id).where(
        places.c.state.in_([literal_column("'open'"), literal_column("'left'")]),
        or_(places.c.card_wanted != places.c.card_shown, places.c.closed_wanted != places.c.closed_shown),
    )
)
_STATE_DUE_IN = Query(
    select(places.c.id).where(
        places.c.chat_id == p("chat_id"),
        places.c.state.in_([literal_column("'open'"), literal_column("'left'")]),
        or_(places.c.card_wanted != places.c.card_shown, places.c.closed_wanted != places.c.closed_shown),
    )
)
_ADD = inserting(places, "chat_id", "ticket_id", "kind", "state", "title", "card_wanted")
_ADD_CONVERSATION = inserting(places, "chat_id", "kind", "root")
_WANT_CARD = Query(update(places).where(places.c.id == p("id")).values(card_wanted=places.c.card_wanted + 1))

change = Changing(places)


def by_id(conn: Connection, place_id: int) -> Row:
    """The place with its chat's address."""
    row = _BY_ID.row(conn, id=place_id)
    if row is None:
        raise LookupError(f"no place {place_id}")
    return row


def whole_chat(conn: Connection, chat_id: int) -> Row:
    """The place that is the chat as a whole, made when it is first needed."""
    row = _WHOLE.row(conn, chat_id=chat_id)
    if row is None:
        values = {"ticket_id": None, "kind": "chat", "state": "open", "title": "", "card_wanted": 0}
        return by_id(conn, _ADD.value(conn, chat_id=chat_id, **values))
    return row


def new_thread(conn: Connection, chat_id: int, ticket_id: int, title: str) -> Row:
    """A place for the ticket in a desk's chat, where nothing has been made yet."""
    values = {"ticket_id": ticket_id, "kind": "thread", "state": "new", "title": title, "card_wanted": 1}
    return by_id(conn, _ADD.value(conn, chat_id=chat_id, **values))


def conversation(conn: Connection, chat_id: int, root: str) -> Row:
    """The place of a customer's conversation in a shared chat, made when it is first needed."""
    row = _BY_ROOT.row(conn, chat_id=chat_id, root=root)
    if row is not None:
        return row
    return by_id(conn, _ADD_CONVERSATION.value(conn, chat_id=chat_id, kind="conversation", root=root))


def last_line(conn: Connection, chat_id: int, person_id: int, since_ms: int) -> Row | None:
    """The conversation in whose name the person wrote outside any thread last, if not before then."""
    return _LAST_LINE.row(conn, chat_id=chat_id, person_id=person_id, since=since_ms)


def by_root(conn: Connection, chat_id: int, root: str) -> Row | None:
    """The place whose thread has this id in its chat."""
    return _BY_ROOT.row(conn, chat_id=chat_id, root=root)


def unconfirmed(conn: Connection, chat_id: int, title: str) -> Row | None:
    """A place whose thread of this title may have been made without our learning its id."""
    return _UNCONFIRMED.row(conn, chat_id=chat_id, title=title)


def of_chat(conn: Connection, chat_id: int) -> list[int]:
    """All places in a chat."""
    return [row.id for row in _OF_CHAT.rows(conn, chat_id=chat_id)]


def state_due(conn: Connection) -> list[int]:
    """Places whose card or title isn't shown as it should be."""
    return [row.id for row in _STATE_DUE.rows(conn)]


def state_due_in(conn: Connection, chat_id: int) -> list[int]:
    """Those of them in one chat."""
    return [row.id for row in _STATE_DUE_IN.rows(conn, chat_id=chat_id)]


def want_card(conn: Connection, place_id: int) -> None:
    """The card must be shown anew."""
    _WANT_CARD.run(conn, id=place_id)

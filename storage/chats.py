"""Chats as the messengers name them, and which of them is which desk."""

from __future__ import annotations

from sqlalchemy import Connection, case, delete, insert, literal_column, select, update

from domain.events import ChatSeen
from storage.query import KEPT, Changing, Query, Row, inserting, p
from storage.schema import chat_aliases, chats, desks, places

_ASSUMED = 2  # a chat is taken to have threads, and none of its events has been seen yet

_BY_NATIVE = Query(
    select(chats).where(
        chats.c.messenger == p("messenger"), chats.c.account == p("account"), chats.c.native == p("native")
    ),
    keep=KEPT,
)
_BY_ALIAS = Query(
    select(chats)
    .join(chat_aliases, chat_aliases.c.chat_id == chats.c.id)
    .where(
        chat_aliases.c.messenger == p("messenger"),
        chat_aliases.c.account == p("account"),
        chat_aliases.c.native == p("native"),
    )
)
_BY_ID = Query(select(chats).where(chats.c.id == p("id")), keep=KEPT)
_ADD = inserting(chats, "messenger", "account", "native", "kind", "title", "threaded")
_CHANGE = Changing(chats)
_ADD_ALIAS = Query(
    insert(chat_aliases).values({c: p(c) for c in ("messenger", "account", "native", "chat_id")})
)
_DROP_ALIAS = Query(
    delete(chat_aliases).where(
        chat_aliases.c.messenger == p("messenger"),
        chat_aliases.c.account == p("account"),
        chat_aliases.c.native == p("native"),
    )
)
_MERGE_ALIASES = Query(
    update(chat_aliases).where(chat_aliases.c.chat_id == p("old")).values(chat_id=p("new"))
)
_LOSE_PLACES = Query(
    update(places)
    .where(places.c.chat_id == p("chat_id"), places.c.kind == literal_column("'thread'"))
    .values(
        root=None,
        card_ref=None,
        state=case(
            (places.c.state == literal_column("'left'"), literal_column("'left'")),
            else_=literal_column("'lost'"),
        ),
    )
)
_DESK_OF = Query(select(desks.c.name).where(desks.c.chat_id == p("chat_id")))
_DESK_ROW = Query(
    select(desks, chats.c.messenger, chats.c.account, chats.c.native, chats.c.title, chats.c.threaded)
    .join(chats, chats.c.id == desks.c.chat_id)
    .where(desks.c.name == p("name")),
    keep=KEPT,
)
_DESK_ROWS = Query(
    select(desks, chats.c.messenger, chats.c.account, chats.c.native).join(
        chats, chats.c.id == desks.c.chat_id
    )
)
_BIND = Query(insert(desks).values({c: p(c) for c in ("name", "chat_id", "bound_by", "bound_at")}))
_PARKED = Query(select(chats.c.id).where(chats.c.parked != literal_column("''")))
_UNBIND = Query(delete(desks).where(desks.c.name == p("name")))


def find(conn: Connection, messenger: str, account: str, native: str) -> Row | None:
    """The chat of that id, or of one that it had before."""
    key = {"messenger": messenger, "account": account, "native": native}
    return _BY_NATIVE.row(conn, **key) or _BY_ALIAS.row(conn, **key)


def by_id(conn: Connection, chat_id: int) -> Row:
    """The chat with Okno's own number."""
    row = _BY_ID.row(conn, id=chat_id)
    if row is None:
        raise LookupError(f"no chat {chat_id}")
    return row


def see(conn: Connection, messenger: str, account: str, seen: ChatSeen) -> Row:
    """The chat as it was seen just now; a new one is remembered, a changed title or form is noted.

    Once threads were seen in a chat, it has them until the platform refuses to make one: not every event says so.
    """
    row = find(conn, messenger, account, seen.native)
    if row is None:
        values = {"kind": seen.kind, "title": seen.title, "threaded": int(seen.threaded)}
        chat_id = _ADD.value(conn, messenger=messenger, account=account, native=seen.native, **values)
        return by_id(conn, chat_id)
    title = seen.title or row.title
    threaded = int(seen.threaded) if row.threaded == _ASSUMED else int(seen.threaded or row.threaded)
    if (row.title, row.threaded, row.kind) != (title, threaded, seen.kind):
        _CHANGE(conn, row.id, title=title, threaded=threaded, kind=seen.kind)
        return by_id(conn, row.id)
    return row


def expect(conn: Connection, messenger: str, account: str, native: str, *, threaded: bool) -> Row:
    """The chat that the settings name; not seen yet, it is taken for a group with or without threads."""
    row = find(conn, messenger, account, native)
    if row is None:
        row = see(conn, messenger, account, ChatSeen(native, "group", "", threaded))
        if threaded:
            _CHANGE(conn, row.id, threaded=_ASSUMED)
            row = by_id(conn, row.id)
    return row


def apply_move(conn: Connection, messenger: str, account: str, old: str, new: str) -> None:
    """The chat `old` is called `new` from now on and keeps its desk and its tickets.

    Ids of its old messages mean nothing any more, so its threads open anew when something is to be sent there.
    """
    key = {"messenger": messenger, "account": account}
    if old == new:
        return
    before = _BY_NATIVE.row(conn, **key, native=old)
    after = _BY_NATIVE.row(conn, **key, native=new)
    if before is None:
        return
    if after is not None:  # the new id was seen first: it gives way under a name nobody uses
        _CHANGE(conn, after.id, native=f"{new} (merged {after.id})")
        _MERGE_ALIASES.run(conn, old=after.id, new=before.id)
    _CHANGE(conn, before.id, native=new, threaded=after.threaded if after is not None else before.threaded)
    _LOSE_PLACES.run(conn, chat_id=before.id)
    _DROP_ALIAS.run(conn, **key, native=old)
    _ADD_ALIAS.run(conn, **key, native=old, chat_id=before.id)


def desk_of(conn: Connection, chat_id: int) -> str | None:
    """The name of the desk (or `leads`) bound to this chat."""
    name: str | None = _DESK_OF.value(conn, chat_id=chat_id)
    return name


def binding(conn: Connection, name: str) -> Row | None:
    """The desk's binding with its chat's address."""
    return _DESK_ROW.row(conn, name=name)


def bindings(conn: Connection) -> list[Row]:
    """All bindings."""
    return _DESK_ROWS.rows(conn)


def bind(conn: Connection, name: str, chat_id: int, bound_by: str, now_ms: int) -> None:
    """Bind the desk to the chat instead of what it was bound to."""
    _UNBIND.run(conn, name=name)
    _BIND.run(conn, name=name, chat_id=chat_id, bound_by=bound_by, bound_at=now_ms)


def unbind(conn: Connection, name: str) -> None:
    """Forget the desk's binding."""
    _UNBIND.run(conn, name=name)


def park(conn: Connection, chat_id: int, reason: str) -> None:
    """Nothing is sent to this chat until it is unparked; an empty reason unparks."""
    _CHANGE(conn, chat_id, parked=reason)


def parked(conn: Connection) -> list[int]:
    """Chats that nothing is sent to at present."""
    return [row.id for row in _PARKED.rows(conn)]


def set_threaded(conn: Connection, chat_id: int, *, threaded: bool) -> None:
    """Whether the chat has threads of its own."""
    _CHANGE(conn, chat_id, threaded=int(threaded))

"""Letters: what is to be sent, in order, place by place."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, func, insert, literal_column, select, update

from storage.query import Changing, Query, Row, p
from storage.schema import chats, letters, messages, places

_WAITING = letters.c.state == literal_column("'waiting'")
_HEADS = Query(
    select(letters)
    .where(letters.c.place_id == p("place_id"), _WAITING, letters.c.joined_to.is_(None))
    .order_by(letters.c.seq)
    .limit(p("limit"))
)
_COLUMNS = (
    "place_id",
    "kind",
    "message_id",
    "ticket_id",
    "revision",
    "part",
    "payload",
    "priority",
    "aloud",
    "created_at",
)
_OTHERS = letters.alias("others")
_LAST = (
    select(func.coalesce(func.max(_OTHERS.c.seq), 0) + 1)
    .where(_OTHERS.c.place_id == p("place_id"))
    .scalar_subquery()
)
"""The number after all that the place's order has; two that take it at once collide, and one is repeated."""
_ADD = Query(insert(letters).values({c: p(c) for c in _COLUMNS} | {"seq": _LAST}))
_ADD_AT = Query(insert(letters).values({c: p(c) for c in ("seq", *_COLUMNS)}))
_BY_ID = Query(select(letters).where(letters.c.id == p("id")))
_DONE = Query(
    update(letters)
    .where(letters.c.id == p("id"), letters.c.place_id == p("place_id"), _WAITING)
    .values(state=p("state"), reason=p("reason"), done_at=p("now"))
    .returning(letters)
)
_JOIN = Query(update(letters).where(letters.c.id == p("id")).values(joined_to=p("head_id")))
_MEMBERS = Query(select(letters).where(letters.c.joined_to == p("id")).order_by(letters.c.seq))
_MEMBERS_DONE = Query(
    update(letters)
    .where(letters.c.joined_to == p("id"), _WAITING)
    .values(state=p("state"), reason=p("reason"), done_at=p("now"))
)
_UNJOIN = Query(update(letters).where(letters.c.joined_to == p("id"), _WAITING).values(joined_to=None))
_PLACES_WAITING = Query(select(letters.c.place_id).where(_WAITING).distinct())
_PLACES_WAITING_IN = Query(
    select(letters.c.place_id)
    .join(places, places.c.id == letters.c.place_id)
    .where(_WAITING, places.c.chat_id == p("chat_id"))
    .distinct()
)
_WAITING_OF = Query(
    select(letters).where(letters.c.place_id == p("place_id"), _WAITING).order_by(letters.c.seq)
)
_WAITING_FOR_MESSAGE = Query(
    select(letters)
    .where(
        letters.c.message_id == p("message_id"),
        letters.c.state.in_([literal_column("'waiting'"), literal_column("'held'")]),
    )
    .order_by(letters.c.seq)
)
_NEWEST_EDIT = Query(
    select(func.max(letters.c.created_at)).where(
        letters.c.message_id == p("message_id"), letters.c.kind == literal_column("'edit'")
    )
)
_NEXT_SEQ = Query(select(_LAST))
_FIRST_SEQ = Query(select(func.min(letters.c.seq)).where(letters.c.place_id == p("place_id")))
_REHOME = Query(
    update(letters).where(letters.c.id == p("id")).values(place_id=p("place_id"), seq=_LAST, joined_to=None)
)
_WAIT_LAST = Query(
    update(letters)
    .where(letters.c.id == p("id"))
    .values(
        state=literal_column("'waiting'"),
        seq=select(func.coalesce(func.max(_OTHERS.c.seq), 0) + 1)
        .where(_OTHERS.c.place_id == letters.c.place_id)
        .correlate(letters)
        .scalar_subquery(),
    )
)
_HELD = letters.c.state == literal_column("'held'")
_HELD_OF = Query(select(letters).where(letters.c.place_id == p("place_id"), _HELD).order_by(letters.c.seq))
_COUNT_HELD = Query(
    select(func.count())
    .select_from(letters)
    .join(
        messages,
        (messages.c.id == letters.c.message_id)
        | ((messages.c.album_id == letters.c.message_id) & (messages.c.id != letters.c.message_id)),
    )
    .where(letters.c.place_id == p("place_id"), _HELD, letters.c.part == literal_column("0"))
)
_NOTICE_WAITS = Query(
    select(letters.c.id)
    .where(
        _WAITING,
        letters.c.place_id == p("place_id"),
        letters.c.kind.in_([literal_column("'held'"), literal_column("'reheld'")]),
    )
    .limit(1)
)
# as it is, the order would have every letter ever sent looked through
_BY_AGE = letters.c.id + literal_column("0")
_COPY = letters.c.kind == literal_column("'copy'")
_LATE = letters.c.reason == literal_column("'late'")
_NOT_LATE = letters.c.reason == literal_column("''")
# as it is, all that was ever sent in a messenger would be looked through for the little that waits
_IN = (chats.c.messenger + literal_column("''")) == p("messenger")


def _late(role: str, *more: ColumnElement[bool]) -> Query:
    """Copies of what people in that role wrote which have waited since before a time, and weren't found late yet."""
    return Query(
        select(letters, places.c.chat_id)
        .join(messages, messages.c.id == letters.c.message_id)
        .join(places, places.c.id == letters.c.place_id)
        .join(chats, chats.c.id == places.c.chat_id)
        .where(
            _WAITING,
            _COPY,
            _NOT_LATE,
            letters.c.created_at < p("before"),
            messages.c.role == literal_column(f"'{role}'"),
            *more,
        )
        .order_by(_BY_AGE)
        .limit(p("limit"))
    )


_LATE_ANSWERS = _late("answer", letters.c.ticket_id.is_not(None))
_LATE_ANSWERS_IN = _late("answer", letters.c.ticket_id.is_not(None), _IN)
_LATE_RELAYS = _late("customer")
_LATE_RELAYS_IN = _late("customer", _IN)
_TICKET_IS_LATE = Query(
    select(letters.c.id)
    .where(_WAITING, letters.c.place_id == p("place_id"), letters.c.ticket_id == p("ticket_id"), _LATE)
    .limit(1)
)
_COUNT_LATE = Query(
    select(func.count())
    .select_from(letters)
    .join(places, places.c.id == letters.c.place_id)
    .where(_WAITING, _LATE, places.c.chat_id == p("chat_id"))
)
_WAITING_ANSWERS = Query(
    select(letters.c.ticket_id, func.count().label("count"))
    .join(messages, messages.c.id == letters.c.message_id)
    .where(
        and_(
            _WAITING,
            letters.c.kind == literal_column("'copy'"),
            messages.c.role == literal_column("'answer'"),
        )
    )
    .group_by(letters.c.ticket_id)
)
_FIRST_ANSWER = Query(
    select(func.min(messages.c.written_at))
    .join(letters, letters.c.message_id == messages.c.id)
    .where(
        _WAITING,
        letters.c.ticket_id == p("ticket_id"),
        letters.c.kind == literal_column("'copy'"),
        messages.c.role == literal_column("'answer'"),
    )
)
_FATES = Query(
    select(letters.c.state, letters.c.reason)
    .join(messages, messages.c.id == letters.c.message_id)
    .where(
        letters.c.place_id == p("place_id"),
        letters.c.ticket_id == p("ticket_id"),
        letters.c.kind == literal_column("'copy'"),
        letters.c.state.in_([literal_column("'sent'"), literal_column("'failed'")]),
        messages.c.role == literal_column("'answer'"),
    )
    .order_by(letters.c.seq.desc())
    .limit(p("limit"))
)
_FIRST_COPY = Query(
    select(letters)
    .where(
        letters.c.place_id == p("place_id"),
        letters.c.message_id == p("message_id"),
        letters.c.kind == literal_column("'copy'"),
        letters.c.part == literal_column("0"),
    )
    .limit(1)
)
_COPY_FAILED = Query(
    select(letters.c.id)
    .where(
        letters.c.place_id == p("place_id"),
        letters.c.message_id == p("message_id"),
        _COPY,
        letters.c.state == literal_column("'failed'"),
    )
    .limit(1)
)
_SAME = Query(
    select(letters).where(
        letters.c.place_id == p("place_id"),
        letters.c.kind == p("kind"),
        letters.c.message_id == p("message_id"),
        letters.c.revision == p("revision"),
        letters.c.part == p("part"),
    )
)
_RELAY_WAITS = Query(
    select(letters.c.id)
    .where(_WAITING, letters.c.place_id == p("place_id"), letters.c.kind == literal_column("'copy'"))
    .limit(1)
)

change = Changing(letters)


def add(
    conn: Connection,
    *,
    place_id: int,
    kind: str,
    priority: int,
    now_ms: int,
    message_id: int | None = None,
    ticket_id: int | None = None,
    revision: int = 0,
    part: int = 0,
    payload: str = "",
    seq: int | None = None,
    aloud: bool = False,
) -> None:
    """Put a letter at the end of the place's order, or where `seq` says. `aloud`: it shows outside its thread too."""
    values = {
        "place_id": place_id,
        "kind": kind,
        "message_id": message_id,
        "ticket_id": ticket_id,
        "revision": revision,
        "part": part,
        "payload": payload,
        "priority": priority,
        "aloud": int(aloud),
        "created_at": now_ms,
    }
    if seq is not None:
        values["seq"] = seq
    (_ADD if seq is None else _ADD_AT).post(conn, **values)


def head(conn: Connection, place_id: int) -> Row | None:
    """The place's next waiting letter."""
    return _HEADS.row(conn, place_id=place_id, limit=1)


def heads(conn: Connection, place_id: int, limit: int) -> list[Row]:
    """The place's next waiting letters, in order."""
    return _HEADS.rows(conn, place_id=place_id, limit=limit)


def first_copy(conn: Connection, place_id: int, message_id: int) -> Row | None:
    """The letter that carries the first part of a message's copy in a place."""
    return _FIRST_COPY.row(conn, place_id=place_id, message_id=message_id)


def again(conn: Connection, place_id: int, kind: str, message_id: int, revision: int, part: int) -> bool:
    """Whether there is such a letter already; one that was dropped waits again."""
    row = _SAME.row(conn, place_id=place_id, kind=kind, message_id=message_id, revision=revision, part=part)
    if row is not None and row.state == "dropped":
        wait_last(conn, row.id)
    return row is not None


def copy_failed(conn: Connection, place_id: int, message_id: int) -> bool:
    """Whether any of a message's copy was refused in a place."""
    return _COPY_FAILED.value(conn, place_id=place_id, message_id=message_id) is not None


def by_id(conn: Connection, letter_id: int) -> Row:
    """The letter with Okno's own number."""
    row = _BY_ID.row(conn, id=letter_id)
    if row is None:
        raise LookupError(f"no letter {letter_id}")
    return row


def finish(
    conn: Connection, letter_id: int, place_id: int, state: str, now_ms: int, reason: str = ""
) -> Row | None:
    """The letter is sent, failed or dropped; None when it no longer waits in this place (it moved meanwhile)."""
    return _DONE.row(conn, id=letter_id, place_id=place_id, state=state, reason=reason, now=now_ms)


def join(conn: Connection, letter_id: int, head_id: int) -> None:
    """The letter goes out as a part of another one."""
    _JOIN.run(conn, id=letter_id, head_id=head_id)


def members(conn: Connection, head_id: int) -> list[Row]:
    """Letters that were joined to this one, in order."""
    return _MEMBERS.rows(conn, id=head_id)


def finish_members(conn: Connection, head_id: int, state: str, now_ms: int, reason: str = "") -> None:
    """What happened to the head happened to its members."""
    _MEMBERS_DONE.run(conn, id=head_id, state=state, reason=reason, now=now_ms)


def unjoin(conn: Connection, head_id: int) -> None:
    """Members wait by themselves again."""
    _UNJOIN.run(conn, id=head_id)


def places_waiting(conn: Connection) -> list[int]:
    """Places that have waiting letters."""
    return [row.place_id for row in _PLACES_WAITING.rows(conn)]


def places_waiting_in(conn: Connection, chat_id: int) -> list[int]:
    """Places of one chat that have waiting letters."""
    return [row.place_id for row in _PLACES_WAITING_IN.rows(conn, chat_id=chat_id)]


def waiting_of(conn: Connection, place_id: int) -> list[Row]:
    """The waiting letters of a place, in order."""
    return _WAITING_OF.rows(conn, place_id=place_id)


def waiting_for_message(conn: Connection, message_id: int) -> list[Row]:
    """The waiting letters about one message, those that wait for a press included."""
    return _WAITING_FOR_MESSAGE.rows(conn, message_id=message_id)


def newest_edit(conn: Connection, message_id: int) -> int | None:
    """When a change of the message was last written for anybody, in milliseconds."""
    at: int | None = _NEWEST_EDIT.value(conn, message_id=message_id)
    return at


def seq_before_all(conn: Connection, place_id: int, count: int) -> int:
    """The first of `count` numbers that come before everything in the place's order."""
    first = _FIRST_SEQ.value(conn, place_id=place_id)
    return (0 if first is None else int(first)) - count


def seq_after_all(conn: Connection, place_id: int) -> int:
    """The first number that comes after everything in the place's order."""
    return int(_NEXT_SEQ.value(conn, place_id=place_id))


def rehome(conn: Connection, letter_id: int, place_id: int) -> None:
    """The letter waits in another place from now on, after all that is there."""
    _REHOME.run(conn, id=letter_id, place_id=place_id)


def wait_last(conn: Connection, letter_id: int) -> None:
    """The letter waits to be sent, after all that waits in its place."""
    _WAIT_LAST.run(conn, id=letter_id)


def held_of(conn: Connection, place_id: int) -> list[Row]:
    """The letters of a place that wait for somebody to ask for them, in order."""
    return _HELD_OF.rows(conn, place_id=place_id)


def count_held(conn: Connection, place_id: int) -> int:
    """How many messages those letters carry; the parts of an album count one by one."""
    return int(_COUNT_HELD.value(conn, place_id=place_id))


def notice_waits(conn: Connection, place_id: int) -> bool:
    """Whether word of what is held waits to be sent to the place."""
    return _NOTICE_WAITS.value(conn, place_id=place_id) is not None


def late_answers(conn: Connection, before_ms: int, limit: int, messenger: str = "") -> list[Row]:
    """Answers that have waited since before that time and weren't found late yet; those for one messenger, or all."""
    if not messenger:
        return _LATE_ANSWERS.rows(conn, before=before_ms, limit=limit)
    return _LATE_ANSWERS_IN.rows(conn, before=before_ms, limit=limit, messenger=messenger)


def late_relays(conn: Connection, before_ms: int, limit: int, messenger: str = "") -> list[Row]:
    """The same of what customers wrote, with the chat where it is to be shown."""
    if not messenger:
        return _LATE_RELAYS.rows(conn, before=before_ms, limit=limit)
    return _LATE_RELAYS_IN.rows(conn, before=before_ms, limit=limit, messenger=messenger)


def ticket_is_late(conn: Connection, ticket_id: int, place_id: int) -> bool:
    """Whether something of the ticket that was found late still waits in the place."""
    return _TICKET_IS_LATE.value(conn, ticket_id=ticket_id, place_id=place_id) is not None


def count_late(conn: Connection, chat_id: int) -> int:
    """How many letters that were found late still wait for a chat."""
    return int(_COUNT_LATE.value(conn, chat_id=chat_id))


def waiting_answers(conn: Connection) -> dict[int, int]:
    """How many answers of each ticket still wait to be sent."""
    return {row.ticket_id: row.count for row in _WAITING_ANSWERS.rows(conn)}


def failed_lately(conn: Connection, place_id: int, ticket_id: int, limit: int) -> list[str]:
    """Why a ticket's answers weren't delivered, newest first: those since the last one that was; so many at most."""
    reasons = []
    for row in _FATES.rows(conn, place_id=place_id, ticket_id=ticket_id, limit=limit):
        if row.state == "sent":
            break
        reasons.append(row.reason)
    return reasons


def first_waiting_answer(conn: Connection, ticket_id: int) -> int | None:
    """When the oldest answer of a ticket that still waits to be sent was written (milliseconds)."""
    at: int | None = _FIRST_ANSWER.value(conn, ticket_id=ticket_id)
    return at


def relay_waits(conn: Connection, place_id: int) -> bool:
    """Whether something people wrote still waits to be sent to this place."""
    return _RELAY_WAITS.value(conn, place_id=place_id) is not None

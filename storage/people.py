"""People as the messengers name them, and those of them who are customers."""

from __future__ import annotations

import orjson
from sqlalchemy import Connection, func, literal_column, select

from domain.events import PersonSeen
from domain.names import tidy
from storage.query import KEPT, Changing, Query, Row, inserting, p
from storage.schema import customers, people

_BY_NATIVE = Query(
    select(people).where(
        people.c.messenger == p("messenger"), people.c.account == p("account"), people.c.native == p("native")
    ),
    keep=KEPT,
)
_BY_ID = Query(select(people).where(people.c.id == p("id")), keep=KEPT)
_BY_USERNAME = Query(
    select(people)
    .where(people.c.messenger == p("messenger"), func.lower(people.c.username) == func.lower(p("username")))
    .limit(1)
)
_BY_NAME = Query(
    select(people)
    .where(people.c.messenger == p("messenger"), func.lower(people.c.name) == func.lower(p("name")))
    .limit(2)
)
_FIND = Query(
    select(people).where(people.c.messenger == p("messenger"), people.c.native == p("native")).limit(1)
)
_COLUMNS = (
    "messenger",
    "account",
    "native",
    "name",
    "username",
    "locale",
    "timezone",
    "picture",
    "in_desk",
    "admin",
    "seen_at",
)
_ADD = inserting(people, *_COLUMNS)
_CHANGE = Changing(people)
_CUSTOMER_OF_PERSON = Query(select(customers).where(customers.c.person_id == p("person_id")))
_CUSTOMER_OF = Query(select(customers).where(customers.c.chat_id == p("chat_id")), keep=KEPT)
_CUSTOMER = Query(select(customers).where(customers.c.id == p("id")), keep=KEPT)
_ADMINS_CHATS = Query(
    select(customers.c.chat_id)
    .join(people, people.c.id == customers.c.person_id)
    .where(people.c.admin == literal_column("1"))
    .order_by(people.c.id)
)
_OTHERS_OF = Query(select(customers.c.id).where(customers.c.same_as_id == p("id")))
_ADD_CUSTOMER = inserting(customers, "person_id", "chat_id", "name", "created_at")
change_customer = Changing(customers)


def see(conn: Connection, messenger: str, account: str, seen: PersonSeen, now_ms: int) -> Row:
    """The person as they were seen just now; names and languages that changed are noted."""
    row = _BY_NATIVE.row(conn, messenger=messenger, account=account, native=seen.native)
    values = {
        "name": _named(seen.name) or (row.name if row else ""),
        "username": tidy(seen.username),
        "locale": seen.locale or (row.locale if row else ""),
        "timezone": seen.timezone or (row.timezone if row else ""),
        "picture": seen.picture or (row.picture if row else ""),
        "in_desk": (row.in_desk if row else 0) if seen.desks is None else int(bool(seen.desks)),
        "admin": int(seen.is_admin or bool(row and row.admin)),
    }
    if row is None:
        person_id = _ADD.value(
            conn, messenger=messenger, account=account, native=seen.native, seen_at=now_ms, **values
        )
        return by_id(conn, person_id)
    if any(getattr(row, name) != value for name, value in values.items()):
        _CHANGE(conn, row.id, **values)
        return by_id(conn, row.id)
    return row


def _named(name: str) -> str:
    """A name fit to be shown; a dash for one of which nothing shows."""
    return tidy(name) or ("–" if name else "")


def by_id(conn: Connection, person_id: int) -> Row:
    """The person with Okno's own number."""
    row = _BY_ID.row(conn, id=person_id)
    if row is None:
        raise LookupError(f"no person {person_id}")
    return row


def find(conn: Connection, messenger: str, native: str) -> Row | None:
    """The person of that id in a messenger, whichever account has met them."""
    return _FIND.row(conn, messenger=messenger, native=native)


def expect(conn: Connection, messenger: str, account: str, native: str, now_ms: int) -> Row:
    """A colleague whom the settings name and who has not been heard of yet: their id stands for their name."""
    values = {
        "name": native,
        "username": "",
        "locale": "",
        "timezone": "",
        "picture": "",
        "in_desk": 0,
        "admin": 0,
    }
    return by_id(
        conn, _ADD.value(conn, messenger=messenger, account=account, native=native, seen_at=now_ms, **values)
    )


def by_handle(conn: Connection, messenger: str, handle: str) -> Row | None:
    """The person whom people of that messenger call `@handle`, by user name, else by their only full name."""
    handle = handle.lstrip("@").strip()
    found = _BY_USERNAME.row(conn, messenger=messenger, username=handle)
    if found is not None:
        return found
    named = _BY_NAME.rows(conn, messenger=messenger, name=handle)
    return named[0] if len(named) == 1 else None


def admins_chats(conn: Connection) -> list[int]:
    """The private chats of the admins who have written to the bot."""
    return [row.chat_id for row in _ADMINS_CHATS.rows(conn)]


def make_admin(conn: Connection, person_id: int) -> None:
    """They may bind desks from now on."""
    _CHANGE(conn, person_id, admin=1)


def belongs_to_desk(conn: Connection, person_id: int) -> None:
    """They wrote in a desk: they are on the staff."""
    _CHANGE(conn, person_id, in_desk=1)


def choose_locale(conn: Connection, person_id: int, locale: str) -> None:
    """They want to be spoken to in this language."""
    _CHANGE(conn, person_id, chosen_locale=locale)


def customer_of(conn: Connection, chat_id: int) -> Row | None:
    """The customer whose private chat this is."""
    return _CUSTOMER_OF.row(conn, chat_id=chat_id)


def customer_of_person(conn: Connection, person_id: int) -> Row | None:
    """The person as a customer, wherever they wrote."""
    return _CUSTOMER_OF_PERSON.row(conn, person_id=person_id)


def customer(conn: Connection, customer_id: int) -> Row:
    """The customer with Okno's own number."""
    row = _CUSTOMER.row(conn, id=customer_id)
    if row is None:
        raise LookupError(f"no customer {customer_id}")
    return row


def details_of(customer: Row) -> tuple[dict[str, str], dict[str, str]]:
    """What the customer's product vouches for, and what the page around them said."""
    kept = orjson.loads(customer.details) if customer.details else {}
    return kept.get("signed", {}), kept.get("page", {})


def called(customer: Row) -> str:
    """The name the customer goes by whatever their chat's person is called; empty when that name holds."""
    name: str = orjson.loads(customer.details).get("called", "") if customer.details else ""
    return name


def others_of(conn: Connection, customer_id: int) -> list[int]:
    """Customers who turned out to be this one."""
    return [row.id for row in _OTHERS_OF.rows(conn, id=customer_id)]


def make_customer(conn: Connection, person: Row, chat_id: int, now_ms: int) -> Row:
    """Remember the person as a customer who is answered in this chat."""
    customer_id = _ADD_CUSTOMER.value(
        conn, person_id=person.id, chat_id=chat_id, name=person.name, created_at=now_ms
    )
    return customer(conn, customer_id)

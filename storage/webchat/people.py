"""Who is who on the web: agents sign in by a link that works once, customers are known by their browser's secret.

Of tokens only hashes are stored, so that a copy of the database signs nobody in.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection, delete, func, insert, literal_column, select, update

from domain.moments import to_ms
from storage import leases
from storage.query import Query, Row, inserting, p
from storage.schema import web_people, web_sessions
from storage.webchat.records import PersonKind, WebAgent, WebPerson

INVITE_LASTS = timedelta(days=7)
SESSION_LASTS = timedelta(days=60)
RENEW_AFTER = timedelta(days=1)

_BY_NATIVE = Query(select(web_people).where(web_people.c.native == p("native")))
_AGENTS = Query(
    select(web_people)
    .where(web_people.c.kind == literal_column("'agent'"), web_people.c.revoked == 0)
    .order_by(web_people.c.id)
)
_ADD = inserting(web_people, "native", "kind", "name", "locale", "timezone", "admin", "created_at")
_SEEN = Query(
    update(web_people).where(web_people.c.id == p("id")).values(locale=p("locale"), timezone=p("timezone"))
)
_ADD_TOKEN = Query(
    insert(web_sessions).values({c: p(c) for c in ("token_hash", "person_id", "kind", "created_at", "until")})
)
_TOKEN = Query(
    select(web_people, web_sessions.c.until)
    .join(web_people, web_people.c.id == web_sessions.c.person_id)
    .where(
        web_sessions.c.token_hash == p("token_hash"),
        web_sessions.c.kind == p("kind"),
        web_sessions.c.used_at.is_(None),
        web_sessions.c.until > p("now"),
        web_people.c.revoked == 0,
    )
)
_USE = Query(
    update(web_sessions)
    .where(web_sessions.c.token_hash == p("token_hash"), web_sessions.c.used_at.is_(None))
    .values(used_at=p("now"))
)
_PROLONG = Query(
    update(web_sessions).where(web_sessions.c.token_hash == p("token_hash")).values(until=p("until"))
)
_DROP = Query(delete(web_sessions).where(web_sessions.c.token_hash == p("token_hash")))
_DROP_OLD = Query(delete(web_sessions).where(web_sessions.c.until < p("before")))
_SESSIONS = Query(
    select(func.count().label("sessions"), func.max(web_sessions.c.until).label("until")).where(
        web_sessions.c.person_id == p("person_id"),
        web_sessions.c.kind == "session",
        web_sessions.c.until > p("now"),
    )
)
_REVOKE = Query(update(web_people).where(web_people.c.id == p("id")).values(revoked=1))
_DROP_ALL = Query(delete(web_sessions).where(web_sessions.c.person_id == p("person_id")))
_SIGNED_IN_EVER = Query(
    select(func.count()).select_from(web_sessions).where(web_sessions.c.kind == "session")
)


def invite(conn: Connection, name: str, now: datetime) -> str:
    """A token for a sign-in link: it signs the agent called `name` in, once, within a week.

    An agent of that name who exists already is the same one (another browser of theirs). The first agent of all
    is an admin.
    """
    at = to_ms(now)
    agents = _AGENTS.rows(conn)
    found = next((a for a in agents if a.name.casefold() == name.casefold()), None)
    person_id = found.id if found else _add_agent(conn, name, admin=not agents, at=at)
    return _new_token(conn, person_id, "invite", at, INVITE_LASTS)


def first_link(conn: Connection, name: str, now: datetime) -> str | None:
    """An invitation for the first agent, or None once any agent has signed in."""
    leases.one_by_one(conn, leases.STARTING)
    if _SIGNED_IN_EVER.value(conn):
        return None
    agents = _AGENTS.rows(conn)
    return invite(conn, agents[0].name if agents else name, now)


def sign_in(conn: Connection, token: str, now: int) -> tuple[WebPerson, str] | None:
    """Uses the invitation up and gives its agent with the token of a new session; None when it is void."""
    hashed = _hash(token)
    found = _TOKEN.row(conn, token_hash=hashed, kind="invite", now=now)
    if found is None or not _USE.run(conn, token_hash=hashed, now=now):
        return None
    _DROP_OLD.run(conn, before=now)
    return _person(found), _new_token(conn, found.id, "session", now, SESSION_LASTS)


def signed_in(conn: Connection, token: str, now: int) -> tuple[WebPerson, bool] | None:
    """The agent of a session, and whether it is time to `prolong` it; None when it is void. Reads only."""
    found = _TOKEN.row(conn, token_hash=_hash(token), kind="session", now=now)
    if found is None:
        return None
    full = now + _milliseconds(SESSION_LASTS)
    return _person(found), full - int(found.until) > _milliseconds(RENEW_AFTER)


def prolong(conn: Connection, token: str, now: int) -> None:
    """The session lasts its full time from now."""
    _PROLONG.run(conn, token_hash=_hash(token), until=now + _milliseconds(SESSION_LASTS))


def sign_out(conn: Connection, token: str) -> None:
    """The session ends."""
    _DROP.run(conn, token_hash=_hash(token))


def agents(conn: Connection, now: int) -> list[WebAgent]:
    """Every agent who may sign in, the first one first."""
    found = []
    for row in _AGENTS.rows(conn):
        sessions = _SESSIONS.row(conn, person_id=row.id, now=now)
        count, until = (sessions.sessions, sessions.until) if sessions else (0, None)
        seen = until - _milliseconds(SESSION_LASTS) if until else None
        found.append(WebAgent(row.native, row.name, bool(row.admin), count, seen))
    return found


def revoke(conn: Connection, native: str) -> bool:
    """The agent can't sign in any more, and is signed out everywhere; what they wrote stays."""
    found = _BY_NATIVE.row(conn, native=native)
    if found is None or found.kind != "agent":
        return False
    _REVOKE.run(conn, id=found.id)
    _DROP_ALL.run(conn, person_id=found.id)
    return True


def customer(conn: Connection, native: str, name: str, locale: str, timezone: str, now: int) -> WebPerson:
    """The customer of that id, made when new; their browser's language and time zone are noted."""
    found = _BY_NATIVE.row(conn, native=native)
    if found is None:
        values = {"kind": "customer", "name": name, "locale": locale, "timezone": timezone, "admin": 0}
        _ADD.value(conn, native=native, created_at=now, **values)
        found = _BY_NATIVE.row(conn, native=native)
    elif (found.locale, found.timezone) != (locale, timezone):
        _SEEN.run(conn, id=found.id, locale=locale, timezone=timezone)
        found = _BY_NATIVE.row(conn, native=native)
    return _person(found)


def person(conn: Connection, native: str) -> WebPerson | None:
    """The person of that id."""
    found = _BY_NATIVE.row(conn, native=native)
    return None if found is None else _person(found)


def _add_agent(conn: Connection, name: str, *, admin: bool, at: int) -> int:
    native = f"a:{secrets.token_hex(6)}"
    values = {"kind": "agent", "name": name, "locale": "", "timezone": "", "admin": int(admin)}
    return int(_ADD.value(conn, native=native, created_at=at, **values))


def _new_token(conn: Connection, person_id: int, kind: str, at: int, lasts: timedelta) -> str:
    token = secrets.token_urlsafe(24)
    values = {"kind": kind, "created_at": at, "until": at + _milliseconds(lasts)}
    _ADD_TOKEN.run(conn, token_hash=_hash(token), person_id=person_id, **values)
    return token


def _person(row: Row) -> WebPerson:
    kind: PersonKind = row.kind
    return WebPerson(
        id=row.id,
        native=row.native,
        kind=kind,
        name=row.name,
        locale=row.locale,
        timezone=row.timezone,
        admin=bool(row.admin),
        joined_at=row.created_at,
        user_key=row.user_key,
        tier=row.tier,
        details=orjson.loads(row.details) if row.details else {},
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _milliseconds(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)

"""What was set from a chat over the settings: hours of single days, and who is on duty."""

from __future__ import annotations

from sqlalchemy import Connection, delete, literal_column, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles on SQLite as well

from storage.query import KEPT, Query, Row, inserting, p
from storage.schema import duty, hours_days

_DAYS = Query(select(hours_days).where(hours_days.c.desk == p("desk")).order_by(hours_days.c.day), keep=KEPT)
_INSERT_DAY = insert(hours_days).values({c: p(c) for c in ("desk", "day", "intervals", "set_by", "set_at")})
_SET_DAY = Query(
    _INSERT_DAY.on_conflict_do_update(
        index_elements=["desk", "day"],
        set_={c: _INSERT_DAY.excluded[c] for c in ("intervals", "set_by", "set_at")},
    )
)
_RESET_DAYS = Query(delete(hours_days).where(hours_days.c.desk == p("desk")))
_DUTY = Query(select(duty).order_by(duty.c.id), keep=KEPT)
_ADD_DUTY = inserting(duty, "change", "agents", "start_at", "end_at", "set_by")
_DROP_DUTY = Query(delete(duty).where(duty.c.end_at <= p("now")))
_DROP_AWAY = Query(
    delete(duty).where(duty.c.change == literal_column("'away'"), duty.c.agents == p("agents"))
)
_CLEAR_DUTY = Query(delete(duty))


def days(conn: Connection, desk: str) -> list[Row]:
    """Days set for a desk with hours of its own, or (empty) for all that share the general hours."""
    return _DAYS.rows(conn, desk=desk)


def set_day(conn: Connection, desk: str, day: str, intervals: str, set_by: str, now_ms: int) -> None:
    """Set the hours of one day; empty `desk` means all."""
    _SET_DAY.run(conn, desk=desk, day=day, intervals=intervals, set_by=set_by, set_at=now_ms)


def reset_days(conn: Connection, desk: str) -> int:
    """Forget the days set for a desk, or (empty) for all; how many there were."""
    return _RESET_DAYS.run(conn, desk=desk)


def overrides(conn: Connection) -> list[Row]:
    """What was set over the rota, in the order in which it was."""
    return _DUTY.rows(conn)


def add_override(
    conn: Connection, change: str, agents: str, start_ms: int, end_ms: int | None, set_by: str
) -> None:
    """Set something over the rota."""
    _ADD_DUTY.value(conn, change=change, agents=agents, start_at=start_ms, end_at=end_ms, set_by=set_by)


def forget_past(conn: Connection, now_ms: int) -> None:
    """What has ended is not needed any more."""
    _DROP_DUTY.run(conn, now=now_ms)


def clear_overrides(conn: Connection) -> int:
    """The rota as the settings give it; how much was set over it."""
    return _CLEAR_DUTY.run(conn)


def drop_away(conn: Connection, agent: str) -> None:
    """The agent is no longer away."""
    _DROP_AWAY.run(conn, agents=agent)

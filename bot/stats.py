"""`okno stats`: the figures in the terminal, as a table, JSON or CSV."""

from __future__ import annotations

import csv
import io
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import orjson

from domain import figures
from domain.commands import duration
from domain.texts import duration as words
from storage import figures as stored
from storage import look

if TYPE_CHECKING:
    from bot.settings import Settings
    from domain.figures import By, Line
    from storage import Connection

Format = Literal["table", "json", "csv"]


class BadSpan(Exception):
    """What was written is no span of time; the text is one line for the terminal."""


async def show(settings: Settings, since: str, by: By | None, form: Format) -> str:
    """The figures, ready to print. Raises BadSpan, DatabaseUnusable."""
    span = duration(since)
    if span is None:
        raise BadSpan(f"--since {since}: not a span of time; write it like 24h, 7d or 30d")
    lines = await look.read(settings.storage.url, lambda conn: _lines(conn, settings, span, by))
    if form == "json":
        return orjson.dumps([line.plain() for line in lines], option=orjson.OPT_INDENT_2).decode()
    return _csv(lines) if form == "csv" else _table(lines, by)


def _lines(conn: Connection, settings: Settings, span: timedelta, by: By | None) -> list[Line]:
    since = datetime.now(UTC) - span
    zone = settings.working_hours.timezone
    return figures.lines(stored.waits(conn, since), stored.deeds(conn, since), by, zone)


def _csv(lines: list[Line]) -> str:
    out = io.StringIO()
    rows = [line.plain() for line in lines]
    writer = csv.DictWriter(out, list(figures.Line("").plain()), lineterminator="\n")
    writer.writeheader()
    writer.writerows([{key: _harmless(value) for key, value in row.items()} for row in rows])
    return out.getvalue().rstrip("\n")


def _harmless(value: object) -> object:
    """A name that a spreadsheet would take for a formula is kept from being one."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _table(lines: list[Line], by: By | None) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for heading in (
        by or "",
        "opened",
        "closed",
        "first answer",
        "p90",
        "in time",
        "next",
        "in time",
        "rating",
    ):
        table.add_column(heading, justify="left" if heading == by else "right")
    for line in lines:
        table.add_row(
            Text(line.name or ("–" if by else "all")),  # a name is no markup
            str(line.opened),
            str(line.closed),
            _span(figures.quantile(line.first, 0.5)),
            _span(figures.quantile(line.first, 0.9)),
            _share(figures.within(line.first)),
            _span(figures.quantile(line.following, 0.5)),
            _share(figures.within(line.following)),
            "–" if line.rating is None else f"{line.rating:.1f} ({line.ratings})",
        )
    out = io.StringIO()
    width = None if sys.stdout.isatty() else 140
    Console(file=out, width=width).print(table)
    return out.getvalue().rstrip("\n")


def _span(seconds: float | None) -> str:
    return "–" if seconds is None else words("en", timedelta(seconds=seconds))


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"

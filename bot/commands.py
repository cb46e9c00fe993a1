"""The commands of `okno`: what a person in front of a terminal may ask for.

Faults that are to be expected (settings, the database, a port in use, a refused token) are one line each on
stderr. Exit codes: 0 fine, 1 failed while running, 2 wrong usage or settings.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path  # typer reads it when the program runs
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.settings import BadSettings, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.settings import Settings

FAILED, WRONG = 1, 2

commands = typer.Typer(
    help="Okno: support as one contact in a messenger. Customers write to it as to a person; your team answers "
    "from its group chats or from the staff page.",
    epilog="Settings come from settings.toml (or the file OKNO_SETTINGS names), from OKNO_<SECTION>__<KEY> in the "
    "environment, and from one file a key in OKNO_SECRETS_DIR. See docs/settings.md.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class By(StrEnum):
    """What the figures have a line for."""

    AGENT = "agent"
    DESK = "desk"
    DAY = "day"


class Form(StrEnum):
    """How the figures are shown."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    try:
        _say(f"okno {version('okno')}")
    except PackageNotFoundError:  # run from a checkout that isn't installed
        _say("okno 0 (not installed)")
    raise typer.Exit


@commands.callback()
def _okno(
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Only options that concern every command."""


@commands.command()
def run() -> None:
    """Run Okno until it is stopped (Ctrl-C).

    Serves the built-in messenger and every other one whose credentials are set. On the first start it makes its
    database and prints where customers and staff go.
    """
    with _told():
        settings = load()
        gc.disable()  # until it has started: what imports make stays, and looking through it takes a third of the start
        from bot import app

        app.run(settings)


@commands.command()
def check() -> None:
    """Check settings, database and messengers, and say what to do next.

    Works beside a running Okno. Exits with 0 only if Okno can run.
    """
    with _told():
        settings = load()
        _log_errors_only(settings)
        from bot.check import check as look

        code = asyncio.run(look(settings, _say))
    raise typer.Exit(code)


@commands.command()
def invite(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The agent's name, as colleagues will see it.")],
) -> None:
    """Print a link that signs an agent in to the staff page.

    The link works once, for a week. An agent who exists already gets one for another browser. Works beside a
    running Okno and without one.
    """
    with _told():
        settings = load()
        _log_errors_only(settings)
        from bot.errands import invite as make_link

        _say(asyncio.run(make_link(settings, name)))


@commands.command()
def migrate() -> None:
    """Bring the database to the newest schema.

    `okno run` does it by itself on SQLite, after copying the file; PostgreSQL wants it done with this command.
    """
    with _told():
        settings = load()
        _log_errors_only(settings)
        from bot.errands import migrate as bring_up

        _say(bring_up(settings))


@commands.command()
def stats(
    since: Annotated[str, typer.Option(metavar="SPAN", help="How far back: 24h, 7d, 30d.")] = "7d",
    by: Annotated[By | None, typer.Option(help="A line for each; without it one for all.")] = None,
    form: Annotated[Form, typer.Option("--format", help="How to show it.")] = Form.TABLE,
) -> None:
    """Show the figures: tickets, first and next answers within working hours, ratings.

    Only reads: works beside a running Okno and without one.
    """
    with _told():
        settings = load()
        _log_errors_only(settings)
        from bot.stats import show

        typer.echo(asyncio.run(show(settings, since, by.value if by else None, form.value)))


@commands.command()
def erase(
    customer: Annotated[
        str,
        typer.Argument(
            metavar="CUSTOMER",
            help="Number, #ticket, address (telegram:42), @username, or whole name.",
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Erase a customer's data, everywhere it can be reached; says what can't be.

    Figures keep the number of tickets and their times. Works beside a running Okno and without one.
    """
    with _told():
        settings = load()
        _log_errors_only(settings)
        from bot import erasure_words, errands

        found = asyncio.run(errands.find(settings, customer))
        if lines := erasure_words.not_one(found, customer):
            _end(FAILED, *lines)
        for line in erasure_words.before(found):
            _say(line)
        if not yes:
            typer.confirm("Erase all of it? This can't be undone.", abort=True)
        for line in erasure_words.after(asyncio.run(errands.erase(settings, int(found["customer"])))):
            _say(line)


@commands.command()
def export(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A folder that is not there yet.")],
) -> None:
    """Write everything Okno knows into a folder: JSON lines and files, see docs/export.md.

    Only reads: works beside a running Okno and without one.
    """
    with _told():
        settings = load()
        _log_errors_only(settings)
        from bot.outbound import export_to

        asyncio.run(export_to(settings, out, _say))


@commands.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The copy; must not be there yet.")],
) -> None:
    """Copy the database, consistently, beside a running Okno or without one.

    To restore, stop Okno and put the copy where the database was: see docs/operations.md.
    """
    with _told():
        settings = load()
        _log_errors_only(settings)
        from bot.outbound import backup_to

        _say(asyncio.run(backup_to(settings, file)))


def _say(line: str, *, err: bool = False) -> None:
    """A line for the terminal; names of people and chats in it move no cursor."""
    from domain.names import printable

    typer.echo(printable(line), err=err)


@commands.command("move-database")
def move_database(
    source: Annotated[str, typer.Argument(metavar="FROM", help="sqlite+aiosqlite:///okno.db")],
    target: Annotated[str, typer.Argument(metavar="TO", help="postgresql+asyncpg://okno@host/okno; empty")],
) -> None:
    """Copy everything from one database into another, empty one: SQLite to PostgreSQL, or back.

    Stop Okno first: it refuses while Okno runs on either. What FROM holds stays there.
    """
    with _told():
        _log_errors_only(load())
        from bot.relocation import move

        typer.echo(asyncio.run(move(source, target)))


def _log_errors_only(settings: Settings) -> None:
    """A command's own lines are what it has to say."""
    from bot import log

    log.configure(level="error", secrets=settings.secrets())


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Faults that are to be expected become lines on stderr and an exit code."""
    try:
        yield
    except BadSettings as error:
        _end(WRONG, *error.lines)
    except Exception as error:
        code = _code_of(error)
        if code is None:
            raise
        _end(code, str(error))


def _code_of(error: Exception) -> int | None:
    """The exit code of a fault that is to be expected; None for one that isn't."""
    from bot.loopback import NotDone
    from bot.messengers.contract import ConnectRefused
    from bot.server import CannotServe
    from bot.stats import BadSpan
    from storage.trouble import DatabaseUnusable

    if isinstance(error, ConnectRefused | BadSpan):
        return WRONG
    return FAILED if isinstance(error, DatabaseUnusable | CannotServe | NotDone) else None


def _end(code: int, *lines: str) -> NoReturn:
    for line in lines:
        _say(line, err=True)
    raise typer.Exit(code)

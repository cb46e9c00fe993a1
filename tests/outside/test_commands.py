"""The command line: faults that are to be expected are one line each and an exit code."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from typer.testing import CliRunner

from bot import errands, log, loopback
from bot.commands import commands
from bot.control import Control
from bot.erasure import Erasure
from bot.lock import Lock
from bot.loopback import NotDone, Running
from bot.settings import load
from domain.policy import Policy
from storage import Connection
from storage.database import Database
from storage.webchat import people

DATABASE = "sqlite+aiosqlite:///okno.db"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def okno(monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setattr(log, "configure", lambda **_: None)
    return CliRunner()


@pytest.mark.program
def test_bad_settings_end_with_2_and_lines_on_stderr(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OKNO_WEB__PORT": "x", "OKNO_LOCALE": "fr"}
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == [
        'locale (from OKNO_LOCALE) = "fr": no texts in this language; it is one of en, ru',
        'web.port (from OKNO_WEB__PORT) = "x": not a whole number; write one, like 8080',
    ]
    assert list(tmp_path.iterdir()) == []


def test_help_and_version(okno: CliRunner) -> None:
    said = okno.invoke(commands, ["--help"])
    assert said.exit_code == 0
    assert {"run", "check", "invite", "migrate"} <= set(re.findall(r"\w+", said.output))
    assert okno.invoke(commands, ["--version"]).output.startswith("okno 0")


@pytest.mark.parametrize("arguments", [["walk"], ["invite"], ["run", "--fast"], []])
def test_wrong_usage_ends_with_2(okno: CliRunner, arguments: list[str]) -> None:
    assert okno.invoke(commands, arguments).exit_code == 2


@pytest.mark.parametrize("command", [["migrate"], ["invite", "Anna"]])
def test_a_database_in_use_by_another_okno(okno: CliRunner, tmp_path: Path, command: list[str]) -> None:
    lock = Lock.hold(tmp_path / "okno.db")
    try:
        said = okno.invoke(commands, command)
    finally:
        lock.release()
    assert said.exit_code == 1
    assert said.stdout == ""
    assert "is in use by another Okno" in said.stderr
    assert said.stderr.count("\n") == 1


def test_a_file_that_is_no_database(okno: CliRunner, tmp_path: Path) -> None:
    (tmp_path / "okno.db").write_bytes(b"a letter to the editor, long enough to be no header" * 9)
    said = okno.invoke(commands, ["migrate"])
    assert said.exit_code == 1
    assert said.stderr.count("\n") == 1
    assert "okno.db" in said.stderr


def test_migrate_makes_the_database_and_then_has_nothing_to_do(okno: CliRunner, tmp_path: Path) -> None:
    first, second = okno.invoke(commands, ["migrate"]), okno.invoke(commands, ["migrate"])
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "newest schema now" in first.stdout
    assert "newest schema already" in second.stdout
    assert stat.S_IMODE((tmp_path / "okno.db").stat().st_mode) == 0o600


def test_an_invitation_without_a_running_okno(okno: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_WEB__PUBLIC_URL", "https://help.example.org")
    said = okno.invoke(commands, ["invite", "Анна"])
    assert said.exit_code == 0
    assert re.fullmatch(r"https://help\.example\.org/staff\?invite=[A-Za-z0-9_-]{20,}\n", said.stdout)


@pytest.mark.parametrize(
    ("name", "setting", "line"),
    [
        (" ", ("OKNO_LOCALE", "ru"), "an agent needs a name"),
        ("A" * 65, ("OKNO_LOCALE", "ru"), "an agent's name is one line of at most 64 characters"),
        ("A\nB", ("OKNO_LOCALE", "ru"), "an agent's name is one line"),
        ("Anna", ("OKNO_WEB__ENABLED", "false"), "web.enabled = false: there is no staff page"),
        ("Anna", ("OKNO_WEB__PORT", "0"), "web.port = 0: the link's port is known only while Okno runs"),
    ],
)
def test_invitations_that_can_not_be(
    okno: CliRunner, monkeypatch: pytest.MonkeyPatch, name: str, setting: tuple[str, str], line: str
) -> None:
    monkeypatch.setenv(*setting)
    said = okno.invoke(commands, ["invite", name])
    assert said.exit_code == 1
    assert said.stderr.startswith(line)


class Office:
    """The running program's part: an HTTP server with the control routes, and its key file."""

    def __init__(self, database: Database, running: Running, folder: Path) -> None:
        self.database = database
        self.running = running
        self.folder = folder


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    database = await Database.open(DATABASE)
    told: list[Running] = []
    erasure = Erasure(database, lambda: Policy(()), lambda _: None)
    control = Control(
        database, lambda: told[0] if told else None, lambda: "https://help.example.org", erasure
    )
    app = web.Application()
    app.add_routes(control.routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    told.append(loopback.publish(tmp_path, f"http://127.0.0.1:{runner.addresses[0][1]}"))
    yield Office(database, told[0], tmp_path)
    await runner.cleanup()
    await database.close()


async def test_an_invitation_from_the_running_okno(office: Office) -> None:
    lock = Lock.hold(office.folder / "okno.db")  # as the running one has it
    try:
        link = await errands.invite(load(), "Anna")
    finally:
        lock.release()
    base, token = link.split("?invite=")
    assert base == "https://help.example.org/staff"
    signed_in = await office.database.run(_sign_in, token)
    assert signed_in == "Anna"


def _sign_in(conn: Connection, token: str) -> str | None:
    found = people.sign_in(conn, token, round(datetime.now(UTC).timestamp() * 1000))
    return found[0].name if found else None


async def test_the_key_file_is_for_its_owner_alone_and_goes_with_the_program(office: Office) -> None:
    file = office.folder / "okno.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    loopback.withdraw(office.folder, Running("http://127.0.0.1:1", "another run's"))
    assert loopback.find(office.folder) == office.running
    loopback.withdraw(office.folder, office.running)
    assert not file.exists()


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "KEY", "X-Forwarded-For": "10.0.0.1"}],
)
async def test_without_the_key_there_is_nothing(office: Office, headers: dict[str, str]) -> None:
    given = {name: value.replace("KEY", f"Bearer {office.running.key}") for name, value in headers.items()}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{office.running.base}/control/invite", json={"name": "Eve"}, headers=given) as answer,
    ):
        assert answer.status == 404


async def test_what_the_running_okno_will_not_do_is_told(office: Office) -> None:
    with pytest.raises(NotDone, match="an agent needs a name"):
        await loopback.ask(office.running, "invite", {"name": ""})


async def test_a_key_file_left_by_a_crash_leads_nowhere(tmp_path: Path) -> None:
    loopback.publish(tmp_path, "http://127.0.0.1:9")
    link = await errands.invite(load(), "Anna")
    assert link.startswith("http://127.0.0.1:8080/staff?invite=")

"""`okno check`: what it says and whether Okno can run."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from bot import file_checks
from bot.check import check
from bot.settings import load
from domain.events import ChatSeen, RawEvent
from storage import Connection, chats, journal
from storage.database import Database
from tests.fakes.telegram import TelegramFake

DATABASE = "sqlite+aiosqlite:///okno.db"


@pytest.fixture(autouse=True)
def _free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_WEB__PORT", "0")


@pytest.fixture
async def telegram(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TelegramFake]:
    async with TelegramFake() as fake:
        monkeypatch.setenv("OKNO_TELEGRAM__TOKEN", fake.token)
        monkeypatch.setenv("OKNO_TELEGRAM__API_BASE", fake.url)
        yield fake


async def checked() -> tuple[int, list[str]]:
    lines: list[str] = []
    code = await check(load(), lines.append)
    return code, lines


async def test_a_fresh_machine_can_run_and_is_told_what_to_do_next(tmp_path: Path) -> None:
    code, lines = await checked()
    assert code == 0
    assert "✔ database: okno.db: made at the first start" in lines
    assert "✔ howto: on the staff page" in lines
    assert any(line.startswith("! leads: no chat; write /desk leads") for line in lines)
    assert "@BotFather" in lines[-1]
    assert os.listdir(tmp_path) == []  # noqa: PTH208 – nothing was made


async def test_what_is_not_yet_in_force_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_PACHCA__API_BASE", "https://example.org")
    code, lines = await checked()
    assert (code, lines[0]) == (0, "! pachca.api_base: not yet in force")


async def test_it_works_beside_a_running_okno_and_shows_what_could_not_be_handled() -> None:
    database = await Database.open(DATABASE)
    try:
        await database.run(_a_failed_event)
        code, lines = await checked()
    finally:
        await database.close()
    assert code == 0
    assert "! event 1 from telegram could not be handled: ValueError: no chat" in lines


def _a_failed_event(conn: Connection) -> None:
    now = round(datetime.now(UTC).timestamp() * 1000)
    (row,) = journal.append(conn, "telegram", "7", [RawEvent("1", "lane", 1, "{}")], now)
    journal.mark_failed(conn, row.id, "ValueError: no chat")


async def test_a_database_of_a_newer_okno() -> None:
    database = await Database.open(DATABASE)
    await database.run(_newer)
    await database.close()
    code, lines = await checked()
    assert code == 1
    assert any(line.startswith("✘ The database was made by a newer Okno (schema 9999") for line in lines)


def _newer(conn: Connection) -> None:
    conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")


async def test_a_port_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setenv("OKNO_WEB__PORT", str(port))
        code, lines = await checked()
    assert code == 1
    assert f"✘ web.port: 127.0.0.1:{port}: another program listens there; set another one" in lines


async def test_a_desk_without_a_chat_and_without_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_WEB__ENABLED", "false")
    code, lines = await checked()
    assert code == 1
    assert "✘ howto: has no chat while web.enabled = false; write /desk howto in a group of yours" in lines


async def test_a_chat_in_a_messenger_that_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_DESKS__BUGS__CHAT", "telegram:-5")
    code, lines = await checked()
    assert code == 1
    assert any(line.startswith("✘ desks.bugs.chat") and "not switched on" in line for line in lines)


async def test_a_token_that_telegram_does_not_know(
    monkeypatch: pytest.MonkeyPatch, telegram: TelegramFake
) -> None:
    monkeypatch.setenv("OKNO_TELEGRAM__TOKEN", "1:wrong_token_that_nobody_has")
    code, lines = await checked()
    assert code == 2
    assert any(line.startswith("✘ telegram.token: ") for line in lines)
    assert not any("wrong_token" in line for line in lines)


async def test_telegram_without_a_group_is_told_how_to_get_one(telegram: TelegramFake) -> None:
    code, lines = await checked()
    assert code == 0, lines
    assert any(line.startswith("✔ Telegram: ") for line in lines), lines
    assert "/desk bugs" in lines[-1]


async def test_telegram_groups_desk_by_desk(monkeypatch: pytest.MonkeyPatch, telegram: TelegramFake) -> None:
    boss = telegram.people.user("Boss")
    good = telegram.people.group(
        "Questions", [boss], forum=True, rights={"can_manage_topics": True, "can_delete_messages": True}
    )
    deaf = telegram.people.group("Bugs", [boss], bot="member")
    gone = telegram.people.group("Wishes", [boss], bot="left")
    for name, chat in (("HOWTO", good), ("BUGS", deaf), ("WISHES", gone)):
        monkeypatch.setenv(f"OKNO_DESKS__{name}__CHAT", f"telegram:{chat}")
    code, lines = await checked()
    assert code == 1
    assert any(line.startswith("✔ howto: ") and "Questions" in line for line in lines), lines
    assert any(line.startswith("✘ bugs: ") and "administrator" in line for line in lines), lines
    assert any(line.startswith("✘ wishes: ") and "add it to the group" in line for line in lines), lines


async def test_desks_that_were_bound_from_inside_a_chat(telegram: TelegramFake) -> None:
    boss = telegram.people.user("Boss")
    group = telegram.people.group("Team", [boss], forum=True, rights={"can_manage_topics": True})
    database = await Database.open(DATABASE)
    await database.run(_bound, str(group))
    await database.close()
    code, lines = await checked()
    assert code == 0, lines
    assert any(line.startswith("✔ bugs: ") and "Team" in line for line in lines), lines
    assert not any("/desk bugs" in line for line in lines)
    assert "✔ howto: on the staff page" in lines


def _bound(conn: Connection, group: str) -> None:
    chat = chats.see(conn, "telegram", "7000000001", ChatSeen(group, "group", "Team", threaded=True))
    chats.bind(conn, "bugs", chat.id, "telegram:1", 1)


async def _page(_request: web.Request) -> web.Response:
    return web.Response(text="another page")


async def test_files_need_room_and_an_address_that_leads_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OKNO_FILES__ROOM", "999999GB")
    for address, said in (
        ("http://localhost:8080", "nobody outside reaches this address"),
        ("https://192.168.1.7", "nobody outside reaches this address"),
        ("https://okno.local", "nobody outside reaches this address"),
        ("http://files.example.org", "not https"),
    ):
        monkeypatch.setenv("OKNO_FILES__PUBLIC_URL", address)
        code, lines = await checked()
        assert code == 0
        (line,) = [line for line in lines if "files.public_url" in line]
        assert line.startswith(f"! files.public_url: {address}: {said}")
        assert any(line.startswith("! files.room: ") for line in lines)
    monkeypatch.setenv("OKNO_FILES__FOLDER", str(tmp_path / "a" / "b"))
    monkeypatch.setenv("OKNO_FILES__ROOM", "1MB")
    monkeypatch.setenv("OKNO_FILES__PUBLIC_URL", "https://files.example.org")
    assert not any("files." in line for line in (await checked())[1])


async def test_what_answers_under_the_files_address_is_looked_at() -> None:
    app = web.Application()
    app.router.add_get("/healthz", _page)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    assert await file_checks._fault(f"http://127.0.0.1:{port}/healthz") == "something else answers there"
    assert await file_checks._fault(f"http://127.0.0.1:{port}/nothing") == "HTTP 404"
    await runner.cleanup()
    assert await file_checks._fault(f"http://127.0.0.1:{port}/healthz") == "no answer"

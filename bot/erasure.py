"""Erasing a customer in steps that hold nobody up: used by the running program, and by the command without one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from handlers import erasing as handlers
from storage import erasing
from storage.webchat import erasing as web

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.policy import Policy
    from domain.work import Effects
    from storage import Connection
    from storage.database import Database
    from storage.query import Row

MESSAGES = 200
CHUNKS = 16
EVENTS = 1000
WORD_PAGES = 200
"""How much one unit of work empties."""

WORD_STEPS = 2000


class Erasure:
    """Erases customers of one database, by the policy of now. `outlet` takes what is to be sent."""

    def __init__(
        self, database: Database, policy: Callable[[], Policy], outlet: Callable[[Effects], None]
    ) -> None:
        self._database = database
        self._policy = policy
        self._outlet = outlet

    async def look(self, wanted: str) -> dict[str, Any]:
        """Whom somebody means, and what there is of them when that is one customer."""
        return await look(self._database, self._policy(), wanted)

    async def erase(self, customer_id: int) -> dict[str, Any]:
        """Erase the customer; what was done and what could not be."""
        return await erase(self._database, self._policy(), customer_id, self._outlet)


async def erase(
    database: Database, policy: Policy, customer_id: int, outlet: Callable[[Effects], None]
) -> dict[str, Any]:
    """Erase the customer everywhere; what was done and what could not be, for the terminal.

    `outlet` takes what is to be sent: deletions in desks. Safe to repeat after a crash.
    """
    now = datetime.now(UTC)
    run = database.run
    summary = await run(handlers.summary, policy, customer_id, now)
    family = await run(erasing.family, customer_id)
    ticket_ids = [row.id for row in await run(erasing.tickets_of, customer_id)]
    lanes = await run(_lanes, family, ticket_ids)
    talks = [t for row in family for t in await run(erasing.web_talks, row, ticket_ids)]
    await run(erasing.thoroughly, on=True)
    natives = [row.native for row in family if row.messenger == policy.home]
    files = set(await run(web.files_of, natives, ()))
    outlet(await run(handlers.close, policy, now, customer_id))
    await run(handlers.forget, now, customer_id)
    tokens = set[str]()
    for ticket_id in ticket_ids:
        tokens |= await _pages(database, erasing.empty_messages, ticket_id)
        outlet(await run(handlers.take_back, policy, now, ticket_id))
    for chat, thread in dict.fromkeys(talks):
        tokens |= await _pages(database, web.empty_talk, chat, thread)
    files.update(await run(web.files_of, (), tokens))
    for file_id in files:
        while not await run(web.drop_file, file_id, CHUNKS):
            pass
    await _sweep_up(database, lanes)
    for ticket_id in ticket_ids[-1:]:  # what was on its way meanwhile has arrived, and is taken back as well
        outlet(await run(handlers.take_back, policy, now, ticket_id))
    await run(erasing.thoroughly, on=False)
    return told(summary) | {"files": len(files)}


async def _sweep_up(database: Database, lanes: set[tuple[str, str]]) -> None:
    """The journal, and the index of words."""
    after = 0
    while after_now := await database.run(erasing.empty_events, lanes, after, EVENTS):
        after = after_now
    await database.run(web.merge_words, -WORD_PAGES)
    for _ in range(WORD_STEPS):
        if await database.run(web.merge_words, WORD_PAGES):
            break


async def look(database: Database, policy: Policy, wanted: str) -> dict[str, Any]:
    """Whom somebody means, and what there is of them when that is one customer."""
    found = await database.read(erasing.find, wanted)
    named = [{"customer": r.id, "name": r.name, "address": f"{r.messenger}:{r.native}"} for r in found]
    if len(found) != 1:
        return {"found": named}
    now = datetime.now(UTC)
    return {"found": named} | told(await database.read(handlers.summary, policy, found[0].id, now))


async def _pages(database: Database, empty: Callable[..., tuple[int, set[str]]], *where: int) -> set[str]:
    """Empty page after page; the references of files that were in them."""
    after, found = 0, set[str]()
    while True:
        last, files = await database.run(empty, *where, after, MESSAGES)
        found |= files
        if not last:
            return found
        after = last


def _lanes(conn: Connection, family: list[Row], ticket_ids: list[int]) -> set[tuple[str, str]]:
    """The lanes of the journal in which the customer is spoken with: their chats, and their threads in desks."""
    found = {(row.messenger, row.chat) for row in family}
    for ticket_id in ticket_ids:
        for place in erasing.places_of(conn, ticket_id):
            if place.root:
                found.add((place.messenger, f"{place.native}:{place.root}"))
    return found


def told(summary: handlers.Summary) -> dict[str, Any]:
    """A summary as plain data."""
    return {
        "customer": summary.customer_id,
        "name": summary.name,
        "addresses": summary.addresses,
        "tickets": summary.tickets,
        "open": summary.open,
        "messages": summary.messages,
        "copies": dict(summary.copies),
        "too_old": dict(summary.too_old),
        "theirs": dict(summary.theirs),
        "staff": dict(summary.staff),
    }

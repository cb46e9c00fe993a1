"""What `okno erase` says in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def not_one(found: Mapping[str, Any], wanted: str) -> list[str]:
    """Why nobody can be erased: none was found, or several were. Empty when one was."""
    named = found["found"]
    if not named:
        return [
            f"No customer is called {wanted}: give a number, #ticket, address, @username, or the whole name"
        ]
    if len(named) == 1:
        return []
    lines = [f"{each['customer']}  {each['name']}  {each['address']}" for each in named]
    return [f"Several customers are called {wanted}; give one of the numbers:", *lines]


def before(found: Mapping[str, Any]) -> Iterator[str]:
    """What there is of the customer."""
    yield f"Customer {found['customer']}: {found['name']} ({', '.join(found['addresses'])})"
    yield f"  {found['tickets']} tickets, {found['open']} of them open: those are closed without a word"
    yield f"  {found['messages']} messages, with their letters, files, and events in the journal: emptied"
    for messenger, count in found["copies"].items():
        yield f"  {count} messages of the bot in desks on {messenger}: deleted there"
    yield from _out_of_reach(found)


def after(done: Mapping[str, Any]) -> Iterator[str]:
    """What was done, and what was not."""
    yield (
        f"Erased: {done['messages']} messages of {done['tickets']} tickets, {done['files']} files, "
        "name, address and details."
    )
    waiting = sum(done["copies"].values())
    if waiting:
        when = "once Okno runs again" if done.get("later") else "now, as each chat's allowance permits"
        yield f"{waiting} messages of the bot in desks are deleted {when}; /readyz counts what waits."
    yield from _out_of_reach(done)


def _out_of_reach(found: Mapping[str, Any]) -> Iterator[str]:
    """What a bot can't take back, said plainly."""
    for messenger, count in found["too_old"].items():
        yield f"! out of reach: {count} older messages of the bot in desks on {messenger}; delete their threads by hand"
    for messenger, count in found["staff"].items():
        yield f"! out of reach: {count} messages that agents wrote in desks on {messenger}; delete their threads by hand"
    for messenger, count in found["theirs"].items():
        if messenger != "web":
            yield f"! out of reach: {count} answers in the customer's own chat on {messenger}"
    yield "! out of reach: backups made before, and digests and pings that named the customer in chats"

"""A customer is erased, and old text goes, in the tables of both kinds of database."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from bot import erasure
from domain.requests import Delete, Refused
from domain.work import Work
from storage import erasing, export, retention
from tests.handlers.office import CAPS, Office

T = TypeVar("T")


class Inline:
    """The office's connection where a database is expected."""

    def __init__(self, office: Office) -> None:
        self.office = office

    async def run(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        return fn(self.office.conn, *args, **kwargs)

    read = run


def erase(office: Office, wanted: str) -> dict[str, Any]:
    database: Any = Inline(office)
    found = at_once(erasure.look(database, office.policy, wanted))
    assert len(found["found"]) == 1, found
    return at_once(erasure.erase(database, office.policy, found["customer"], office._take))


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """Run what waits for nothing."""
    try:
        work.send(None)
    except StopIteration as ended:
        done: T = ended.value
        return done
    raise AssertionError("it waits")


def all_that_is_known(office: Office) -> str:
    pages = [page(office.conn, 0, 10_000) for page in export.PAGES.values()]
    return repr(pages)


def test_what_is_theirs_is_gone_and_the_numbers_stay():
    office = Office()
    office.writes("ann", "needle one")
    office.says("ivan", "howto", "needle two", thread=office.thread("howto"))
    office.writes("bob", "other words")
    assert "needle one" in office.screen("howto").texts()
    done = erase(office, "m:ann")
    assert (done["tickets"], done["open"], done["messages"], done["files"]) == (1, 1, 2, 0)
    assert (done["theirs"], done["staff"], done["too_old"]) == ({"m": 1}, {"m": 1}, {})
    known = all_that_is_known(office)
    assert "needle" not in known
    assert "ann" not in known.lower().replace("channel", "")
    assert "other words" in known
    assert "needle one" not in office.screen("howto").texts()
    assert "other words" in office.screen("howto").texts()
    titles = [title for title, _ in office.screen("howto").threads.values()]
    assert any(title.endswith("#1") and "needle" not in title for title in titles)
    assert len(export.tickets_page(office.conn, 0, 10)) == 2


def test_who_writes_again_is_somebody_new():
    office = Office()
    office.writes("ann", "needle one")
    erase(office, "#1")
    office.writes("ann", "hello again")
    assert len(office.screen("howto").threads) == 2
    assert [row.name for row in erasing.find(office.conn, "m:ann")] == ["Ann"]


def test_what_is_too_old_to_be_deleted_is_counted_as_such():
    office = Office(caps=replace(CAPS, delete_within=timedelta(hours=48)))
    office.writes("ann", "needle one")
    office.now += timedelta(days=60)
    database: Any = Inline(office)
    monthly = at_once(erasure.look(database, office.policy, "Ann"))
    assert monthly["copies"] == {}
    assert monthly["too_old"] == {} or monthly["too_old"]["m"] >= 2


def test_a_refused_deletion_stops_nothing():
    office = Office()
    office.writes("ann", "needle one")

    def refuse(work: Work) -> Refused | None:
        return Refused("message", "refused.delete_too_late") if isinstance(work.request, Delete) else None

    office.outcomes = refuse
    erase(office, "ann")
    office.outcomes = lambda _: None
    office.writes("bob", "goes on")
    assert "goes on" in office.screen("howto").texts()


def test_old_text_goes_on_either_database():
    office = Office()
    first = office.writes("ann", "needle one")
    office.presses("ivan", office.screen("howto").card(), "close", "howto")
    office.now += timedelta(days=100)
    office.writes("bob", "newer words")
    before = round((office.now - timedelta(days=30)).timestamp() * 1000)
    for page in (*retention.TEXT, *retention.FILES):
        after = 0
        while after := page(office.conn, before, after, 1):
            pass
    known = all_that_is_known(office)
    assert "needle" not in known
    assert "newer words" in known
    office.edits("ann", first, "too late")
    office.writes("ann", "an answer", reply_to=first)
    assert "an answer" in office.screen("howto").texts()

"""Errors of Okno's own: no place stands still for one, nothing after it is lost, and somebody is told."""

from __future__ import annotations

from typing import Any

import pytest

from domain.requests import Refused, Sent
from domain.work import Work
from handlers import card_views, delivered, making
from tests.handlers.office import Office

BAD = "the one that breaks everything"


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever makes a copy of this one message fails, as with an error in a conversion."""
    whole = making._copy

    def copy(conn: Any, policy: Any, place: Any, letter: Any, message: Any) -> Any:
        if BAD in message.content:
            raise KeyError("an error of ours")
        return whole(conn, policy, place, letter, message)

    monkeypatch.setattr(making, "_copy", copy)


@pytest.mark.usefixtures("breaking")
def test_a_relay_that_cannot_be_made_is_shown_in_words_and_the_next_goes_on():
    office = Office(locale="en")
    office.writes("anna", "first")
    office.writes("anna", BAD)
    office.writes("anna", "third")
    texts = office.screen("howto").texts(office.thread("howto"))
    assert [t for t in texts if t in ("first", "third")] == ["first", "third"]
    assert [t for t in texts if BAD in t] == [
        f"A message of the customer could not be shown here: an error in Okno itself.\n{BAD}"
    ]


@pytest.mark.usefixtures("breaking")
def test_an_answer_that_cannot_be_made_is_told_to_its_agent_and_the_next_goes_on():
    office = Office(locale="en")
    office.writes("anna", "help")
    thread = office.thread("howto")
    ref = office.says("ivan", "howto", BAD, thread)
    office.says("ivan", "howto", "the next", thread)
    assert office.screen("anna").copies() == ["the next"]
    told = [m for m in office.screen("howto").messages if "an error in Okno itself" in m.text]
    assert [m.reply_to for m in told] == [ref]
    assert ref not in office.screen("howto").reactions, "nothing claims a delivery that didn't happen"


def test_a_start_with_such_a_letter_goes_on(monkeypatch: pytest.MonkeyPatch):
    office = Office(locale="en")
    office.writes("anna", "help")
    thread = office.thread("howto")
    office.hold = True
    office.says("ivan", "howto", BAD, thread)
    office.hold = False

    def broken(*_: Any) -> None:
        raise KeyError("an error of ours")

    with monkeypatch.context() as patch:
        patch.setattr(making, "_copy", broken)
        office.restarts()
    assert [t for t in office.screen("howto").texts(thread) if "an error in Okno itself" in t]


def test_a_card_that_cannot_be_made_holds_up_no_message(monkeypatch: pytest.MonkeyPatch):
    def broken(*_: Any) -> None:
        raise KeyError("an error of ours")

    monkeypatch.setattr(card_views, "view_of", broken)
    office = Office()
    office.writes("anna", "help")
    assert office.screen("howto").copies() == ["help"]
    assert "Anna" in office.screen("howto").card().text


@pytest.mark.parametrize("outcome", [Sent(("b9",)), Refused("message", "refused.too_long")])
def test_what_came_of_a_letter_is_noted_barely_rather_than_never(outcome: Sent | Refused):
    """What delivery does once settling has failed again and again."""
    office = Office(locale="en")
    office.writes("anna", "help")
    thread = office.thread("howto")
    office.hold = True
    office.says("ivan", "howto", "an answer", thread)
    office.says("ivan", "howto", "the next", thread)
    work: Work = next(w for w in office.pending.values() if w.chat == "anna")
    del office.pending[work.place_id, work.lane]
    settled = delivered.settle_barely(office.conn, office.policy, office.now, work, outcome)
    assert settled.next is not None
    office.pending[work.place_id, work.lane] = settled.next
    office.hold = False
    office._take(settled.effects)
    assert office.screen("anna").copies() == ["the next"]
    assert [t for t in office.screen("-99").texts() if "An error in Okno itself" in t]
    state = office.conn.exec_driver_sql(f"SELECT state FROM letters WHERE id = {work.letter_id}").scalar()
    assert state == ("sent" if isinstance(outcome, Sent) else "failed")

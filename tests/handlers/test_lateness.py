"""Agents see that delivery is delayed: once, where it can be seen, and only while it is true."""

from __future__ import annotations

from datetime import timedelta

from domain.policy import LEADS
from domain.requests import Refused
from domain.work import Lane
from storage import chats, people
from tests.handlers.office import DESKS, Office

LATE = "Ответ ещё не доставлен"
STUCK = "не доходит: ждёт"


class Halting(Office):
    """Chats in `halted` take nothing: what is for them waits for a restart."""

    halted: frozenset[str] = frozenset()

    def step(self, key: tuple[int, Lane]) -> None:
        if self.pending[key].chat in self.halted:
            del self.pending[key]
        else:
            super().step(key)

    def resumes(self) -> None:
        self.halted = frozenset()
        self.restarts()


def talking() -> tuple[Halting, str]:
    office = Halting()
    office.writes("anna", "hello")
    return office, office.thread("howto")


def late(office: Office, chat: str = "howto", words: str = LATE) -> list[str]:
    return [t for t in office.screen(chat).texts() if words in t]


def test_an_answer_that_waits_is_said_to_wait_once():
    office, thread = talking()
    office.halted = frozenset({"anna"})
    office.says("ivan", "howto", "hi", thread)
    office.passes(timedelta(seconds=20))
    assert not late(office)
    office.passes(timedelta(seconds=20))
    assert len(late(office)) == 1
    office.says("ivan", "howto", "are you there?", thread)
    office.passes(timedelta(minutes=5))
    assert len(late(office)) == 1
    office.resumes()
    assert office.screen("anna").copies()[-2:] == ["hi", "are you there?"]
    office.passes(timedelta(minutes=5))
    assert len(late(office)) == 1


def test_the_next_outage_is_said_anew():
    office, thread = talking()
    for n in range(2):
        office.halted = frozenset({"anna"})
        office.says("ivan", "howto", f"hi {n}", thread)
        office.passes(timedelta(minutes=1))
        office.resumes()
    assert len(late(office)) == 2


def test_nothing_untrue_is_said_when_both_sides_come_back_at_once():
    office, thread = talking()
    office.halted = frozenset({"anna", "-1"})
    office.says("ivan", "howto", "hi", thread)
    office.passes(timedelta(minutes=1))
    office.halted = frozenset({"-1"})
    office.restarts()  # the answer goes first
    office.resumes()
    assert "hi" in office.screen("anna").copies()
    assert not late(office)


def test_leads_hear_of_a_desk_that_is_not_reached():
    office, _ = talking()
    office.halted = frozenset({"-1"})
    office.writes("anna", "second")
    office.writes("boris", "first")
    office.passes(timedelta(minutes=3))
    assert len(late(office, "-99", STUCK)) == 1
    office.passes(timedelta(minutes=3))
    assert len(late(office, "-99", STUCK)) == 1
    office.resumes()
    office.passes(timedelta(minutes=3))
    assert len(late(office, "-99", STUCK)) == 1
    assert "second" in office.screen("howto").copies()


def test_of_a_messenger_that_takes_nothing_it_is_said_almost_at_once():
    office, thread = talking()
    office.halted = frozenset({"anna", "-1"})
    office.says("ivan", "howto", "hi", thread)
    office.writes("anna", "second")
    office.passes(timedelta(seconds=6))
    assert not late(office)
    assert not late(office, "-99", STUCK)
    office.failing = ("m",)
    office.passes(timedelta(seconds=1))
    assert len(late(office, "-99", STUCK)) == 1
    office.halted = frozenset({"anna"})
    office.restarts()
    assert len(late(office)) == 1
    office.passes(timedelta(minutes=5))
    assert len(late(office)) == 1


def test_without_a_chat_of_the_leads_nobody_is_told_in_the_same_messenger():
    office, _ = talking()
    chats.unbind(office.conn, LEADS)
    office.halted = frozenset({"-1"})
    office.writes("anna", "second")
    office.passes(timedelta(minutes=3))
    assert not any(late(office, chat, STUCK) for chat in ("-99", "bugs", "wishes"))


def test_without_leads_and_other_desks_the_admins_hear_that_the_bot_was_thrown_out():
    office = Office(desks=DESKS[:1], locale="en")
    chats.unbind(office.conn, LEADS)
    office.writes("lena", "/start")
    lena = people.find(office.conn, "m", "lena")
    assert lena is not None
    people.make_admin(office.conn, lena.id)
    office.writes("anna", "hello")
    office.outcomes = lambda w: None if w.private else Refused("chat", "refused.kicked")
    office.writes("anna", "second")
    told = [t for t in office.screen("lena").texts() if "Nothing reaches" in t]
    assert len(told) == 1
    office.writes("anna", "third")
    assert len([t for t in office.screen("lena").texts() if "Nothing reaches" in t]) == 1

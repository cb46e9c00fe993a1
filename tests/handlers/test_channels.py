"""Channels shared with customers: which lines are one question, and who is no customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from domain.events import ChatSeen, PersonSeen, Wrote
from domain.messages import Content
from domain.richtext import RichText
from tests.handlers.office import Office

SHARED = ChatSeen("C-acme", "shared", "acme", threaded=True)


class Channel:
    """The channel, and what people write in it."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self._refs = count(1)

    def says(
        self,
        who: str,
        text: str,
        thread: str | None = None,
        desks: tuple[str, ...] | None = (),
        later: float = 0,
    ) -> str:
        self.office.now += timedelta(seconds=later)
        ref = f"{next(self._refs)}"
        person = PersonSeen(who, who.title(), desks=desks)
        self.office.feed(Wrote(SHARED, person, ref, Content(text=RichText(text)), self.office.now, thread))
        return ref

    @property
    def tickets(self) -> int:
        return len(self.office.screen("howto").threads)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def channel(office: Office) -> Channel:
    return Channel(office)


def test_lines_of_one_author_within_five_minutes_are_one_question(office: Office, channel: Channel):
    channel.says("anna", "It fails")
    channel.says("boris", "Mine does too", later=10)
    channel.says("anna", "since today", later=280)
    assert channel.tickets == 2
    channel.says("anna", "Another thing", later=301)
    assert channel.tickets == 3
    texts = [m.text for m in office.screen("howto").messages if m.role == "message"]
    assert texts == ["It fails", "Mine does too", "since today", "Another thing"]


def test_answers_go_to_the_first_lines_thread(office: Office, channel: Channel):
    first = channel.says("anna", "It fails")
    second = channel.says("anna", "since today")
    channel.says("anna", "in the thread of the second line", thread=second)
    assert channel.tickets == 1
    office.says("ivan", "howto", "Try again", thread=office.thread("howto"))
    said = next(m for m in office.screen("C-acme").messages if m.text == "Try again")
    assert said.thread == first


def test_colleagues_open_no_tickets(office: Office, channel: Channel):
    root = channel.says("ivan", "Maintenance tonight", desks=("-1",))
    assert channel.tickets == 0
    channel.says("anna", "Will it take long?", thread=root)
    assert channel.tickets == 1
    channel.says("ivan", "An hour", thread=root, desks=("-1",))
    assert "Ivan ответил(а) в канале\nAn hour" in office.screen("howto").copies()


def test_who_wrote_in_a_desk_is_a_colleague_when_nobody_can_tell(office: Office, channel: Channel):
    office.says("ivan", "howto", "Good morning")
    channel.says("ivan", "Maintenance tonight", desks=None)
    assert channel.tickets == 0
    channel.says("anna", "A question", desks=None)
    assert channel.tickets == 1


def test_an_admin_is_a_colleague(office: Office, channel: Channel):
    office.policy = replace(office.policy, admins=frozenset({"m:olga"}))
    channel.says("olga", "Hello all")
    assert channel.tickets == 0


def test_a_customer_of_a_channel_may_write_in_private_too(office: Office, channel: Channel):
    channel.says("anna", "In the channel")
    private, person = ChatSeen("D-anna", "private"), PersonSeen("anna", "Anna")
    office.feed(Wrote(private, person, "d1", Content(text=RichText("In private")), office.now))
    assert channel.tickets == 2
    office.says("ivan", "howto", "Here", thread=office.thread("howto"))
    assert "Here" in office.screen("D-anna").texts()
    assert "Here" not in office.screen("C-acme").texts()


def test_blocked_customers_are_not_heard(office: Office, channel: Channel):
    channel.says("anna", "Spam")
    office.says("ivan", "howto", "/block", thread=office.thread("howto"))
    channel.says("anna", "More spam", later=400)
    assert channel.tickets == 1

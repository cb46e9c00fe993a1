"""What is told of a customer reaches their card, `who`, the thread's title and their clocks."""

from __future__ import annotations

from datetime import timedelta

from domain.events import ChatSeen, Introduced, PersonSeen, Wrote
from domain.messages import Content
from domain.policy import Targets
from domain.richtext import RichText
from tests.handlers.office import Office, Screen

ANN = PersonSeen("guest", "Ann Lee", tier="vip", details={"email": "ann@example.org", "plan": "pro"})


def words(desk: Screen) -> str:
    """The newest card, without the signs that keep an @ from pinging."""
    return desk.card().text


def introduce(o: Office, who: PersonSeen = ANN) -> None:
    o.feed(Introduced(ChatSeen("guest", "private"), who, o.now))


def test_who_signs_in_is_named_on_the_card_and_the_thread() -> None:
    o = Office(tiers={"vip": Targets(timedelta(minutes=5))})
    o.writes("guest", "Where is my invoice?")
    desk = o.screen("howto")
    assert "14:15" in words(desk)
    introduce(o)
    card = words(desk)
    assert "Ann Lee · vip · m · #1\nann@example.org · plan: pro\n" in card
    assert "14:05" in card
    assert list(desk.threads.values()) == [("Ann Lee · Where is my invoice? #1", False)]


def test_an_unknown_tier_is_a_detail_and_who_tells_everything() -> None:
    o = Office()
    o.writes("guest", "hello")
    introduce(o)
    desk = o.screen("howto")
    thread = desk.card().thread
    assert "plan: pro · tier: vip" in words(desk)
    o.says("ivan", "howto", "/who", thread)
    assert "email: ann@example.org\nplan: pro\ntier: vip" in desk.texts(thread)[-1]


def test_what_a_page_says_is_told_as_its_word_and_overrides_nothing() -> None:
    o = Office(tiers={"vip": Targets(timedelta(minutes=5))})
    seen = PersonSeen("guest", "Guest", context={"address": "/invoices", "email": "boss@example.org"})
    o.feed(Wrote(ChatSeen("guest", "private"), seen, "1", Content(text=RichText("hello")), o.now))
    introduce(o)
    card = words(o.screen("howto"))
    assert "ann@example.org · plan: pro\nСо страницы: /invoices · boss@example.org\n" in card


def test_somebody_who_never_wrote_has_no_card_and_is_known_when_they_do() -> None:
    o = Office()
    introduce(o)
    assert o.screen("howto").messages == []
    o.feed(Wrote(ChatSeen("guest", "private"), ANN, "1", Content(text=RichText("hello")), o.now))
    assert "ann@example.org" in words(o.screen("howto"))

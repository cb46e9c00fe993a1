"""Two customers who turn out to be one: where they are answered, and what becomes of two tickets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.events import AnswerHere, ChatSeen, Joined, PersonSeen
from handlers import crossing
from storage import people, tickets
from tests.handlers.office import CAPS, Office

PAGE = ChatSeen("page", "private")
GUEST = PersonSeen("page", "Guest 1234")


@pytest.fixture
def office() -> Office:
    """Its messenger is both the page and the other messenger; only what differs between them is told to a test."""
    return Office(caps=replace(CAPS, says_where_answered=True))


def link(office: Office, chat: ChatSeen = PAGE, person: PersonSeen = GUEST) -> str:
    return "/start " + crossing.begin(office.conn, "m", "bot", chat, person, office.now)


def state(office: Office, number: int) -> str:
    return str(tickets.get(office.conn, number).state)


def test_answers_go_where_the_link_was_opened(office: Office) -> None:
    office.writes("page", "where is my parcel?")
    thread = office.thread("howto")
    office.writes("anna", link(office))
    assert office.screen("anna").texts() == [
        "Разговор «where is my parcel?» продолжается здесь: ответы придут сюда, писать можно сюда же."
    ]
    assert office.screen("page").texts()[-1] == "Разговор продолжается в M: ответы придут туда."
    office.says("ivan", "howto", "tomorrow", thread)
    office.writes("anna", "thank you")
    assert office.screen("anna").texts()[-1] == "tomorrow"
    assert "tomorrow" not in office.screen("page").texts()
    assert office.screen("howto").copies() == ["where is my parcel?", "thank you"]
    assert len(office.screen("howto").threads) == 1
    assert any("ответы теперь уходят туда" in t for t in office.screen("howto").texts(thread))


def test_what_is_written_on_the_page_afterwards_is_the_same_ticket(office: Office) -> None:
    office.writes("page", "where is my parcel?")
    office.writes("anna", link(office))
    ref = office.writes("page", "it is urgent")
    office.says("ivan", "howto", "tomorrow", office.thread("howto"))
    assert office.screen("howto").copies() == ["where is my parcel?", "it is urgent"]
    assert office.screen("anna").texts()[-1] == "tomorrow"
    office.edits("page", ref, "it is very urgent")
    assert office.screen("howto").copies()[-1] == "it is very urgent"


def test_a_link_is_good_once_and_for_a_while(office: Office) -> None:
    office.writes("page", "a question")
    opened = link(office)
    office.writes("anna", opened)
    office.writes("boris", opened)
    assert "не действует" in office.screen("boris").texts()[-1]
    office.writes("anna", opened)  # pressed twice: greeted
    assert "поддержка" in office.screen("anna").texts()[-1]
    late = link(office)
    office.now += timedelta(minutes=16)
    office.writes("boris", late)
    assert "не действует" in office.screen("boris").texts()[-1]
    office.says("ivan", "howto", "an answer", office.thread("howto"))
    assert "an answer" in office.screen("anna").texts()
    older, newer = link(office), link(office)
    office.writes("carl", older)
    office.writes("carl", newer)
    assert "не действует" in office.screen("carl").texts()[0]


def test_somebody_who_never_wrote_crosses_too(office: Office) -> None:
    office.writes("anna", link(office))
    assert office.screen("anna").texts() == ["Теперь отвечаем здесь. Пишите сюда же."]
    office.writes("page", "now I ask")
    office.says("ivan", "howto", "an answer", office.thread("howto"))
    assert office.screen("anna").texts()[-1] == "an answer"


def test_the_way_back(office: Office) -> None:
    office.writes("page", "a question")
    office.writes("anna", link(office))
    office.feed(AnswerHere(PAGE, GUEST, office.now))
    assert "вернулся на страницу" in office.screen("anna").texts()[-1]
    office.says("ivan", "howto", "an answer", office.thread("howto"))
    assert office.screen("page").texts()[-1] == "an answer"
    assert crossing.elsewhere(office.conn, "m", "bot", "page") is None
    assert crossing.elsewhere(office.conn, "m", "bot", "anna") == "m"


def test_whoever_writes_where_nothing_says_so_is_answered_there() -> None:
    office = Office()
    office.writes("page", "a question")
    office.writes("anna", link(office))
    office.writes("page", "another")
    office.says("ivan", "howto", "an answer", office.thread("howto"))
    assert office.screen("page").texts()[-1] == "an answer"
    assert office.screen("howto").copies() == ["a question", "another"]


def test_an_answer_on_its_way_is_edited_where_it_went(office: Office) -> None:
    office.writes("page", "a question")
    thread = office.thread("howto")
    ref = office.says("ivan", "howto", "an anser", thread)
    office.writes("anna", link(office))
    office.edits("ivan", ref, "an answer", "howto", thread)
    assert "an answer" in office.screen("page").texts()
    assert "an answer" not in office.screen("anna").texts()


def test_of_two_tickets_the_one_in_hand_goes_on_with_what_was_said_in_the_other(office: Office) -> None:
    office.writes("anna", "an old question")
    old = office.thread("howto")
    office.says("ivan", "howto", "an old answer", old)
    office.now += timedelta(minutes=5)
    office.writes("page", "a new question")
    new = office.thread("howto")
    office.writes("anna", link(office))
    assert (state(office, 1), state(office, 2)) == ("closed", "agent")
    told = office.screen("howto").texts(new)
    assert any("#1" in t and "один и тот же клиент" in t for t in told)
    assert any("an old question" in t and "an old answer" in t for t in told)
    assert "#2" in office.screen("howto").texts(old)[-1]
    office.says("ivan", "howto", "a new answer", new)
    assert office.screen("anna").texts()[-1] == "a new answer"
    office.says("ivan", "howto", "into the old thread", old)
    assert "into the old thread" not in office.screen("anna").texts()
    office.writes("anna", "thanks")
    assert office.screen("howto").texts(new)[-1] == "thanks"


def test_the_question_of_the_other_ticket_keeps_its_clock(office: Office) -> None:
    office.writes("anna", "an unanswered question")
    asked = office.now
    office.now += timedelta(minutes=5)
    office.writes("page", "a new one")
    office.says("ivan", "howto", "answered", office.thread("howto"))
    office.writes("anna", link(office))
    ticket = tickets.get(office.conn, 2)
    assert (ticket.state, ticket.unanswered_since) == ("agent", round(asked.timestamp() * 1000))
    office.passes(timedelta(minutes=11))  # 16 of the target's 15
    assert any("Без ответа" in t for t in office.screen("-99").texts())


def test_a_block_holds_for_both(office: Office) -> None:
    office.writes("page", "a question")
    thread = office.thread("howto")
    office.says("ivan", "howto", "/block", thread)
    office.writes("anna", link(office))
    office.writes("anna", "it is me again")
    assert office.screen("howto").copies() == ["a question"]


def test_chats_that_a_messenger_joins_are_one_customer_with_one_ticket(office: Office) -> None:
    anna = PersonSeen("user", "Anna Lee", details={"plan": "pro"})
    first = office.writes("page", "before signing in")
    office.now += timedelta(minutes=1)
    office.writes("user", "a known user's question")
    office.feed(Joined(PAGE, ChatSeen("user", "private"), anna, office.now))
    assert (state(office, 1), state(office, 2)) == ("closed", "agent")
    assert "plan: pro" in office.screen("howto").card().text
    office.edits("user", first, "before signing in!")  # its messages are in the other chat now
    assert any("before signing in!" in t for t in office.screen("howto").texts())
    office.says("ivan", "howto", "an answer", office.thread("howto"))
    assert office.screen("user").texts()[-1] == "an answer"


def test_a_name_that_a_product_vouches_for_stays(office: Office) -> None:
    signed = PersonSeen("page", "Anna Lee", details={"plan": "pro"})
    office.feed(AnswerHere(PAGE, signed, office.now))  # nobody there yet: nothing happens
    office.writes("page", "a question")
    chat = people.customer_of(office.conn, office_chat(office, "page"))
    assert chat is not None
    people.change_customer(
        office.conn, chat.id, name="Anna Lee", details='{"signed":{"plan":"pro"},"page":{}}'
    )
    office.writes("anna", link(office, person=signed))
    office.writes("anna", "more")
    assert "Anna Lee" in office.screen("howto").threads[office.thread("howto")][0]
    assert "plan: pro" in office.screen("howto").card().text


def office_chat(office: Office, native: str) -> int:
    from storage import chats

    row = chats.find(office.conn, "m", "bot", native)
    assert row is not None
    return int(row.id)

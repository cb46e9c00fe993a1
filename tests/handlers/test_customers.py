"""What customers may type, and the question for a rating."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from domain.events import Membership, PersonSeen, RawEvent
from domain.messages import Attachment, Content
from domain.moments import to_ms
from domain.requests import Refused
from domain.richtext import RichText
from handlers import dispatch
from handlers.customer_commands import CLAIM_CODE
from storage import facts, journal, people, tickets
from tests.handlers.office import CAPS, Office

PICTURE = Content("photo", RichText("/status"), (Attachment("photo", "f"),), copyable=True)


def test_start_greets_once_with_promise_and_hours_and_opens_nothing():
    office = Office()
    office.writes("anna", "/start")
    assert len(office.screen("anna").messages) == 1
    assert "15" in office.screen("anna").texts()[0]
    assert office.screen("howto").threads == {}


def test_status_lists_tickets_with_state():
    office = Office()
    office.writes("anna", "/status")
    office.writes("anna", "Вопрос про счёт")
    office.writes("anna", "/status")
    said = office.screen("anna").texts()
    assert "Вопрос про счёт" in said[1]
    assert said[0] != said[1]


def test_bug_alone_files_what_comes_next():
    office = Office()
    office.writes("anna", "/bug")
    office.writes("anna", "Падает")
    assert office.screen("bugs").copies() == ["Падает"]
    assert len(office.screen("anna").messages) == 1


def test_bug_with_words_files_them():
    office = Office()
    office.writes("anna", "/bug Падает")
    assert office.screen("bugs").copies() == ["Падает"]


def test_bug_as_an_answer_files_what_it_answers_and_moves_the_open_ticket():
    office = Office()
    ref = office.writes("anna", "Падает")
    office.writes("anna", "/bug", reply_to=ref)
    assert len(office.screen("bugs").threads) == 1
    assert "Падает" in office.screen("bugs").texts()[-1]


def test_wish_while_a_ticket_is_open_moves_it():
    office = Office()
    office.writes("anna", "Вопрос")
    office.writes("anna", "/wish Хочу тёмную тему")
    assert "Хочу тёмную тему" in office.screen("wishes").texts()[-1]
    assert office.screen("howto").copies() == ["Вопрос"]


def test_lang_changes_what_the_program_says():
    office = Office()
    office.writes("anna", "/lang en")
    office.writes("anna", "/start")
    assert office.screen("anna").texts()[-1].startswith("This is support")


def test_claim_makes_the_first_sender_an_admin_once():
    office = Office()
    facts.put(office.conn, CLAIM_CODE, "ABC123")
    office.writes("anna", "/claim nope")
    office.writes("boris", "/claim abc123")
    office.writes("anna", "/claim ABC123")
    admins = [p for p in ("anna", "boris") if people.see(office.conn, "m", "bot", _seen(p), 0).admin]
    assert admins == ["boris"]


def _seen(who: str):
    from domain.events import PersonSeen

    return PersonSeen(who, who.title())


def closed(office: Office, *, answered: bool = True) -> str:
    office.writes("anna", "Вопрос")
    thread = office.thread("howto")
    if answered:
        office.says("ivan", "howto", "Ответ", thread)
    office.says("ivan", "howto", "/close", thread)
    return thread


def test_an_answered_ticket_asks_for_a_rating_and_keeps_its_sentence():
    office = Office()
    thread = closed(office)
    asked = replace(office.screen("anna").messages[-1])
    office.presses("anna", asked, ":4")
    office.writes("anna", "Быстро, спасибо", reply_to=asked.ref)
    ticket = tickets.get(office.conn, 1)
    assert (ticket.rating, ticket.rating_comment, ticket.state) == (4, "Быстро, спасибо", "closed")
    assert "4" in office.screen("howto").card().text
    assert "Быстро, спасибо" in office.screen("howto").texts(thread)[-1]


def test_an_unanswered_ticket_asks_nothing():
    office = Office()
    closed(office, answered=False)
    assert office.screen("anna").messages == []


def test_at_most_once_a_week():
    office = Office()
    closed(office)
    office.passes(timedelta(days=6))
    closed(office)
    questions = [m for m in office.screen("anna").messages if m.buttons]
    assert len(questions) == 1
    office.passes(timedelta(days=2))
    closed(office)
    assert len([m for m in office.screen("anna").messages if m.buttons]) == 2


def test_switched_off_nothing_is_asked():
    office = Office(csat=False)
    closed(office)
    assert office.screen("anna").copies() == ["Ответ"]
    assert len(office.screen("anna").messages) == 1


def test_another_customers_rating_counts_for_nobody():
    office = Office()
    closed(office)
    office.presses("boris", office.screen("anna").messages[-1], ":1")
    assert tickets.get(office.conn, 1).rating is None


def test_a_kind_that_cannot_be_carried_is_said_to_whoever_sent_it():
    office = Office()
    office.writes("anna", content=Content("paid", label="Платное", copyable=False))
    assert office.screen("howto").copies() == ["Платное"]
    assert len(office.screen("anna").messages) == 1


def test_what_words_tell_as_a_whole_is_asked_for_in_no_other_way():
    office = Office()
    office.writes("anna", content=Content("told", label="Подарок", copyable=False))
    assert office.screen("howto").copies() == ["Подарок"]
    assert office.screen("anna").messages == []


def test_what_words_tell_is_told_however_long():
    office = Office(caps=replace(CAPS, max_text=200))
    winners = ", ".join(f"winner{n:03}" for n in range(100))
    office.writes("anna", content=Content("told", label=winners, copyable=False))
    assert "".join(office.screen("howto").copies()) == winners


def test_events_that_cannot_be_read_are_told_once_an_hour():
    office = Office()
    raws = [RawEvent(f"bad{n}", "lane", n, "{}") for n in range(3)]
    for row in journal.append(office.conn, "m", "bot", raws, 0):
        office._take(dispatch.give_up(office.conn, office.policy, office.now, "m", row.id, "why"))
    assert len(office.screen("-99").messages) == 1
    office.now += timedelta(hours=1)
    office._take(dispatch.give_up(office.conn, office.policy, office.now, "m", row.id, "why"))
    assert len(office.screen("-99").messages) == 2


def test_a_desk_that_may_not_open_topics_is_told_of_once_however_much_is_said_there():
    office = Office()
    office.outcomes = lambda work: Refused("chat", "refused.no_rights") if work.step == "topic" else None
    office.writes("anna", "вопрос")
    for _ in range(3):
        office.says("ivan", "howto", "что с ботом?")
    assert len(office.screen("-99").messages) == 1
    office.outcomes = lambda _: None
    standing = Membership(office.group("howto"), PersonSeen("ivan", "Ivan"), "admin", office.now)
    office.feed(standing)
    assert "вопрос" in office.screen("howto").copies()


def test_a_picture_under_the_rating_is_a_message_like_any():
    office = Office()
    office.writes("anna", "вопрос")
    office.says("ivan", "howto", "ответ", office.thread("howto"))
    office.says("ivan", "howto", "/close", office.thread("howto"))
    rating = office.screen("anna").messages[-1]
    picture = Content("photo", RichText("вот так"), copyable=True)
    office.writes("anna", content=picture, reply_to=rating.ref)
    assert office.screen("howto").copies()[-1] == "вот так"


def test_times_are_kept_to_the_millisecond_and_never_lie_ahead():
    at = datetime(2026, 1, 12, 11, 0, 0, 1999, tzinfo=UTC)
    assert to_ms(at) == to_ms(at - timedelta(microseconds=999)) == 1_768_215_600_001


def test_an_album_is_filed_whole():
    office = Office()
    office.album("anna", "/bug вот", "", "")
    assert office.screen("bugs").copies() == ["вот", "", ""]


def test_a_picture_with_a_word_that_does_nothing_with_it_is_a_message():
    office = Office()
    office.writes("anna", content=PICTURE)
    assert office.screen("howto").copies() == ["/status"]

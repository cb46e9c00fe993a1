"""A ticket's life: opening, taking, snoozing, closing, coming back; buttons and commands."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.requests import Refused
from tests.handlers.office import DESKS, Office


def asked(**options: object) -> tuple[Office, str]:
    office = Office(**options)  # type: ignore[arg-type]
    office.writes("anna", "Не приходит код")
    return office, office.thread("howto")


def card(office: Office, desk: str = "howto") -> str:
    return office.screen(desk).card().text


def test_two_first_messages_open_one_ticket_and_one_thread():
    office = Office()
    office.hold = True
    office.writes("anna", "раз")
    office.writes("anna", "два")
    office.drain()
    assert len(office.screen("howto").threads) == 1
    assert office.screen("howto").copies() == ["раз", "два"]


def test_customers_have_tickets_of_their_own():
    office, _ = asked()
    office.writes("boris", "А у меня другое")
    assert [t for t, _ in office.screen("howto").threads.values()] == [
        "Anna · Не приходит код #1",
        "Boris · А у меня другое #2",
    ]


def test_the_first_agent_who_answers_has_it():
    office, thread = asked()
    office.says("ivan", "howto", "Смотрю", thread)
    office.says("olga", "howto", "И я", thread)
    assert "Ivan" in card(office)


def test_taking_is_a_race_that_one_wins():
    office, _ = asked()
    shown = replace(office.screen("howto").card())
    office.presses("ivan", shown, ":take", "howto")
    assert "Ivan" in office.presses("olga", shown, ":take", "howto")
    assert "Ivan" in card(office)


def test_release_and_assign():
    office, thread = asked()
    office.says("olga", "howto", "// привет", thread)
    office.says("ivan", "howto", "/take", thread)
    office.says("ivan", "howto", "/assign @olga", thread)
    assert "Olga" in card(office)
    office.says("olga", "howto", "!release", thread)
    assert "Olga" not in card(office)
    office.says("ivan", "howto", "/assign @nobody", thread)
    assert "nobody" in office.screen("howto").texts()[-1]


def test_ok_ends_the_wait_without_a_word_to_the_customer():
    office, _ = asked()
    waiting = card(office)
    office.presses("ivan", office.screen("howto").card(), ":ok", "howto")
    assert card(office) != waiting
    assert office.screen("anna").messages == []


def test_snooze_comes_back_in_time():
    office, thread = asked()
    office.says("ivan", "howto", "/snooze 2h", thread)
    office.says("ivan", "howto", "/ok", thread)
    office.says("ivan", "howto", "/snooze 2h", thread)
    snoozed = card(office)
    office.passes(timedelta(hours=1, minutes=59))
    assert card(office) == snoozed
    office.passes(timedelta(minutes=2))
    assert card(office) != snoozed
    count = len(office.screen("howto").messages)
    office.passes(timedelta(minutes=2))
    assert len(office.screen("howto").messages) == count


def test_snooze_ends_when_the_customer_writes():
    office, thread = asked()
    before = card(office)
    office.says("ivan", "howto", "/snooze 1d", thread)
    office.writes("anna", "Ну что?")
    assert card(office) == before


def test_snooze_menu_on_the_card():
    office, _ = asked()
    office.presses("ivan", office.screen("howto").card(), "menu:snooze", "howto")
    office.presses("ivan", office.screen("howto").card(), "snooze:4h", "howto")
    assert office.screen("howto").card().press(":close")


@pytest.mark.parametrize("span", ["", "потом", "0h", "9999d"])
def test_a_wrong_span_is_explained(span: str):
    office, thread = asked()
    before = card(office)
    office.says("ivan", "howto", f"/snooze {span}", thread)
    assert card(office) == before
    assert "snooze" in office.screen("howto").texts()[-1]


def test_closing_renames_and_closes_the_thread_and_reopening_undoes_it():
    office, thread = asked()
    office.says("ivan", "howto", "/close", thread)
    assert office.screen("howto").threads[thread] == ("✔ Anna · Не приходит код #1", True)
    office.presses("ivan", office.screen("howto").card(), ":reopen", "howto")
    assert office.screen("howto").threads[thread] == ("Anna · Не приходит код #1", False)


def test_writing_soon_after_closing_reopens():
    office, thread = asked()
    office.says("ivan", "howto", "/close", thread)
    office.passes(timedelta(hours=23))
    office.writes("anna", "Опять")
    assert office.screen("howto").threads == {thread: ("Anna · Не приходит код #1", False)}
    assert office.screen("howto").texts(thread)[-1] == "Опять"


def test_writing_long_after_closing_opens_anew_and_links_the_earlier():
    office, thread = asked()
    office.says("ivan", "howto", "/close", thread)
    office.passes(timedelta(hours=25))
    office.writes("anna", "Другое")
    assert len(office.screen("howto").threads) == 2
    assert "#1" in card(office)


def test_a_parting_word_in_a_closed_thread_goes_and_leaves_it_closed():
    office, thread = asked()
    office.says("ivan", "howto", "/close", thread)
    office.says("ivan", "howto", "Всего доброго", thread)
    assert office.screen("anna").copies() == ["Всего доброго"]
    assert office.screen("howto").threads[thread][1]


def test_blocking_and_unblocking():
    office, thread = asked()
    office.says("ivan", "howto", "/block", thread)
    office.writes("anna", "спам")
    assert "спам" not in office.screen("howto").texts()
    office.says("ivan", "howto", "/unblock", thread)
    office.writes("anna", "извините")
    assert office.screen("howto").texts()[-1] == "извините"


def test_what_a_blocked_customer_writes_into_earlier_messages_is_not_heard():
    office, thread = asked()
    ref = office.writes("anna", "пожалуйста")
    office.says("ivan", "howto", "ответ", thread)
    office.says("ivan", "howto", "/close", thread)
    rating = office.screen("anna").messages[-1]
    assert rating.buttons
    office.says("ivan", "howto", "/block", thread)
    before = office.screen("howto").texts()
    office.edits("anna", ref, "спам")
    office.writes("anna", "спам", reply_to=rating.ref)
    office.writes("anna", "/bug спам")
    assert office.screen("howto").texts() == before
    assert office.screen("bugs").texts() == []
    office.says("ivan", "howto", "/unblock", thread)
    office.edits("anna", ref, "прошу прощения")
    assert "прошу прощения" in office.screen("howto").copies()


def test_with_more_desks_than_four_moving_is_a_menu():
    more = (*DESKS, *(replace(DESKS[1], name=n, title=n) for n in ("billing", "sales")))
    office, _ = asked(desks=more)
    office.presses("ivan", office.screen("howto").card(), "menu:move", "howto")
    office.presses("ivan", office.screen("howto").card(), "move:billing", "howto")
    assert len(office.screen("billing").threads) == 1


def test_a_press_on_an_old_card_says_where_the_ticket_is():
    office, _ = asked()
    old = replace(office.screen("howto").card())
    office.presses("ivan", old, "move:bugs", "howto")
    assert "#1" in office.presses("ivan", old, ":close", "howto")
    assert "✔" not in office.screen("bugs").threads[office.thread("bugs")][0]


def test_a_customers_staff_words_are_only_words():
    office, thread = asked()
    for words in ("/close", "// тайна", "!take", "/queue"):
        office.writes("anna", words)
    assert office.screen("howto").texts(thread)[-4:] == ["/close", "// тайна", "!take", "/queue"]
    assert not office.screen("howto").threads[thread][1]


def test_a_customers_forged_press_does_nothing():
    office, _ = asked()
    before = card(office)
    office.presses("anna", office.screen("howto").card(), ":close")
    assert card(office) == before


def test_queue_and_mine_list_what_is_open():
    office, thread = asked()
    office.writes("boris", "Второй")
    office.says("ivan", "howto", "/take", thread)
    office.says("ivan", "howto", "/queue")
    listed = office.screen("howto").texts()[-1]
    assert "Anna" in listed
    assert "Boris" in listed
    office.says("ivan", "howto", "/mine")
    assert "Boris" not in office.screen("howto").texts()[-1]


def test_strangers_groups_are_left_alone():
    office = Office()
    office.says("ivan", "-500", "привет")
    office.says("ivan", "-500", "/desk bugs")
    office.says("ivan", "-500", "/take")
    assert office.screen("-500").messages == []


def test_queue_says_which_answers_wait_and_which_failed_and_why():
    office = Office(locale="en")
    office.writes("anna", "help")
    thread = office.thread("howto")
    office.outcomes = lambda work: Refused("chat", "refused.blocked") if work.chat == "anna" else None
    office.says("ivan", "howto", "one", thread)
    office.says("ivan", "howto", "two", thread)

    def queue() -> str:
        office.says("olga", "howto", "/queue")
        return office.screen("howto").texts()[-1]

    assert "not delivered: 2 (the customer has blocked the bot)" in queue()
    office.outcomes = lambda _: None
    office.writes("anna", "I am back")
    office.says("ivan", "howto", "three", thread)
    assert "not delivered" not in queue()
    office.hold = True
    office.says("ivan", "howto", "four", thread)
    del office.pending[next(key for key, work in office.pending.items() if work.chat == "anna")]
    office.hold = False
    assert "not delivered yet: 1" in queue()

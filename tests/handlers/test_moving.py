"""Where tickets live: moving while letters wait, lost topics, desks bound from a chat, refusals."""

from dataclasses import replace

import pytest

from domain.events import ChatSeen, Membership, PersonSeen, ThreadMade
from domain.messages import Content
from domain.requests import OpenThread, Refused, Send
from domain.richtext import RichText
from storage import chats, people
from tests.handlers.office import CAPS, DESKS, Office


def asked(**options: object) -> tuple[Office, str]:
    office = Office(**options)  # type: ignore[arg-type]
    office.writes("anna", "Не приходит код")
    return office, office.thread("howto") if office.threaded else ""


def test_moving_takes_what_was_said_and_leaves_a_pointer():
    office, thread = asked()
    office.says("ivan", "howto", "Какой номер?", thread)
    office.says("ivan", "howto", "/move bugs", thread)
    history = office.screen("bugs").texts()[-1]
    assert "Не приходит код" in history
    assert "Какой номер?" in history
    assert "#1" in office.screen("howto").texts(thread)[-1]
    assert not office.screen("howto").card().buttons


def test_what_was_said_names_the_ticket_where_there_are_no_topics_and_whose_words_they_were():
    office = Office(threaded=False)
    office.writes(
        "anna", content=Content(text=RichText("слова"), forwarded_from="Зоя", copyable=True), forwarded=True
    )
    copy = office.screen("howto").messages[-1]
    office.says("ivan", "howto", "/move bugs", reply_to=copy.ref)
    history = office.screen("bugs").messages[-1].text
    assert history.startswith("Anna #1")
    assert "Зоя" in history


def test_first_words_turn_nothing_around_in_a_threads_name():
    office = Office()
    office.writes("anna", "\u202eабв\nгде")
    assert office.screen("howto").threads[office.thread("howto")][0] == "Anna · абв где #1"


def test_a_move_while_letters_wait_takes_them_along_in_order():
    office, thread = asked()
    office.hold = True
    for word in ("раз", "два", "три"):
        office.writes("anna", word)
    office.says("ivan", "howto", "/move bugs", thread)
    office.drain()
    in_bugs = "\n".join(office.screen("bugs").texts())
    assert [in_bugs.count(w) for w in ("раз", "два", "три")] >= [1, 1, 1]
    assert office.screen("bugs").copies()[-2:] == ["два", "три"]


def test_whoever_writes_in_the_old_thread_is_told_where_it_went():
    office, thread = asked()
    office.says("ivan", "howto", "/move bugs", thread)
    ref = office.says("ivan", "howto", "ау", thread)
    assert office.screen("howto").messages[-1].reply_to == ref
    assert office.screen("anna").messages == []
    office.says("ivan", "howto", "/close", thread)
    assert not office.screen("bugs").threads[office.thread("bugs")][1]


def test_a_replied_line_of_the_history_reaches_the_customer():
    office, thread = asked()
    office.says("ivan", "howto", "/move bugs", thread)
    history = office.screen("bugs").messages[-1]
    office.says("olga", "bugs", "Чиним", office.thread("bugs"), reply_to=history.ref)
    assert office.screen("anna").copies() == ["Чиним"]


def test_a_topic_deleted_while_letters_wait_opens_again_with_everything():
    office, thread = asked()
    gone = {thread}
    office.outcomes = lambda w: (
        Refused("thread", "refused.thread_gone") if getattr(w.request, "thread", None) in gone else None
    )
    office.writes("anna", "Вы здесь?")
    assert len(office.screen("howto").threads) == 2
    new = office.screen("howto").texts(office.thread("howto"))
    assert "Не приходит код" in new[1]
    assert new[2] == "Вы здесь?"
    office.says("ivan", "howto", "Да", office.thread("howto"))
    assert office.screen("anna").copies() == ["Да"]


def test_a_crash_between_making_a_topic_and_storing_it_adopts_the_topic():
    office = Office()
    office.hold = True
    office.writes("anna", "вопрос")
    opening = next(iter(office.pending.values()))
    assert isinstance(opening.request, OpenThread)
    office.pending.clear()  # the topic was made, its id never came to be known
    office.feed(ThreadMade(office.group("howto"), "t77", opening.request.title, True, office.now))
    office.drain()
    assert office.screen("howto").threads == {}
    assert office.screen("howto").texts("t77")[-1] == "вопрос"


@pytest.mark.parametrize("told", ["by its answer", "by the messenger"])
def test_a_topic_that_is_made_after_its_ticket_has_moved_on_says_where_it_went(told: str):
    office = Office()
    office.hold = True
    office.writes("anna", "вопрос")
    (key, opening) = next(iter(office.pending.items()))
    assert isinstance(opening.request, OpenThread)
    office.writes("anna", "/bug падает")
    if told == "by the messenger":  # killed before the answer came
        office.pending.pop(key)
        office.feed(ThreadMade(office.group("howto"), "t77", opening.request.title, True, office.now))
    office.drain()
    old = "t77" if told == "by the messenger" else office.thread("howto")
    [pointer] = office.screen("howto").texts(old)
    assert "#1" in pointer
    assert "вопрос" in "\n".join(office.screen("bugs").texts(office.thread("bugs")))


def test_a_topic_whose_card_is_on_its_way_while_the_ticket_moves_says_where_it_went():
    office = Office()
    office.hold = True
    office.writes("anna", "вопрос")
    office.step(next(iter(office.pending)))  # the topic is made
    office.writes("anna", "/bug падает")
    office.drain()
    card, pointer = office.screen("howto").messages
    assert not card.buttons
    assert "#1" in pointer.text
    assert card.thread == pointer.thread == office.thread("howto")


def test_a_restart_repeats_at_most_what_was_in_flight():
    office, _ = asked()
    office.hold = True
    for word in ("раз", "два", "три"):
        office.writes("anna", word)
    office.restarts()
    assert office.screen("howto").copies()[1:] == ["раз", "два", "три"]


def admin(office: Office) -> None:
    seen = people.see(office.conn, "m", "bot", PersonSeen("ivan", "Ivan"), 0)
    people.make_admin(office.conn, seen.id)


def home_office() -> Office:
    """An office whose desks nobody named in the settings: they are at home in the built-in messenger."""
    office = Office()
    caps = {"m": CAPS, "home": CAPS}
    office.policy = replace(
        office.policy,
        desks=DESKS,
        leads_address=None,
        capabilities=caps,
        accounts={"m": "bot", "home": "home"},
    )
    office.restarts()
    admin(office)
    return office


def test_binding_a_desk_in_a_chat_brings_its_open_tickets():
    office = home_office()
    office.writes("anna", "вопрос")
    home = office.screens["howto"]
    assert home.copies() == ["вопрос"]
    office.says("ivan", "-77", "/desk howto")
    assert "вопрос" in office.screens["-77"].texts(next(iter(office.screens["-77"].threads)))[-1]
    office.writes("anna", "ещё")
    assert "ещё" in office.screens["-77"].texts()
    assert "ещё" not in home.texts()


def test_nobody_but_an_admin_binds():
    office = home_office()
    office.says("olga", "-77", "/desk howto")
    assert "-77" not in office.screens


def test_settings_win_over_binding_and_say_so():
    office = Office()
    admin(office)
    office.says("ivan", "-77", "/desk bugs")
    assert "m:-2" in office.screen("-77").texts()[-1]


def test_a_chat_is_one_desk_only_and_can_be_given_up():
    office = home_office()
    office.says("ivan", "-77", "/desk howto")
    office.says("ivan", "-77", "/desk bugs")
    assert chats.desk_of(office.conn, _chat_id(office, "-77")) == "howto"
    office.says("ivan", "-77", "/desk off")
    assert chats.desk_of(office.conn, _chat_id(office, "-77")) is None
    office.writes("anna", "вопрос")
    assert office.screens["howto"].copies() == ["вопрос"]


def test_leads_are_bound_the_same_way():
    office = home_office()
    office.says("ivan", "-88", "/desk leads")
    assert chats.desk_of(office.conn, _chat_id(office, "-88")) == "leads"


def _chat_id(office: Office, native: str) -> int:
    found = chats.find(office.conn, "m", "bot", native)
    assert found is not None
    return int(found.id)


def test_a_group_that_becomes_a_supergroup_keeps_its_desk_and_reopens_its_places():
    office, _ = asked(threaded=False)
    chats.apply_move(office.conn, "m", "bot", "-1", "-1001")
    office.policy = replace(office.policy)
    office.writes("anna", "ещё")
    assert office.screens["-1001"].copies()[-1].endswith("ещё")
    assert any("Не приходит код" in t for t in office.screens["-1001"].texts())
    assert chats.find(office.conn, "m", "bot", "-1") is not None


def test_a_customer_who_blocked_the_bot_is_said_once():
    office, thread = asked()
    office.outcomes = lambda w: Refused("chat", "refused.blocked") if w.private else None
    office.hold = True
    refs = [office.says("ivan", "howto", word, thread) for word in ("раз", "два")]
    office.drain()
    notices = [m for m in office.screen("howto").messages if m.reply_to in refs]
    assert len(notices) == 1
    assert not office.screen("howto").reactions
    office.outcomes = lambda _: None
    office.hold = False
    office.writes("anna", "вернулась")
    office.says("ivan", "howto", "привет", thread)
    assert office.screen("anna").copies() == ["привет"]


def test_a_desk_that_threw_the_bot_out_waits_and_leads_are_told_once():
    office, _ = asked()
    office.outcomes = lambda w: Refused("chat", "refused.kicked") if w.chat == "-1" else None
    office.writes("anna", "раз")
    office.writes("boris", "два")
    assert len(office.screen("-99").messages) == 1
    office.outcomes = lambda _: None
    group = office.group("howto")
    office.feed(Membership(group, PersonSeen("ivan", "Ivan"), "admin", office.now))
    assert office.screen("howto").copies()[-2:] == ["раз", "два"]


def test_another_desk_goes_on_meanwhile():
    office, _ = asked()
    office.outcomes = lambda w: Refused("chat", "refused.kicked") if w.chat == "-1" else None
    office.writes("anna", "раз")
    office.writes("boris", "/bug падает")
    assert office.screen("bugs").copies() == ["падает"]


def test_a_refused_answer_says_why_in_the_thread():
    office, thread = asked()
    office.outcomes = lambda w: (
        Refused("message", "refused.platform", "Bad Request: odd")
        if w.private and isinstance(w.request, Send)
        else None
    )
    ref = office.says("ivan", "howto", "ответ", thread)
    notice = office.screen("howto").messages[-1]
    assert notice.reply_to == ref
    assert "Bad Request: odd" in notice.text
    assert ref not in office.screen("howto").reactions


def test_a_message_that_cannot_be_copied_is_told_in_words():
    office, _ = asked()
    office.outcomes = lambda w: (
        Refused("message", "refused.platform")
        if w.step == "letter" and w.message_id and not w.private
        else None
    )
    office.writes("anna", "важное")
    assert "важное" in office.screen("howto").texts()[-1]


def test_in_a_group_without_topics_copies_carry_name_and_number():
    office, _ = asked(threaded=False)
    assert office.screen("howto").copies() == ["Anna #1\nНе приходит код"]


def test_a_sticker_without_topics_answers_the_tickets_last_message():
    from domain.messages import Content

    office, _ = asked(threaded=False)
    office.writes("anna", content=Content("sticker", copyable=True))
    first, sticker = [m for m in office.screen("howto").messages if m.role == "message"]
    assert sticker.reply_to == first.ref


def test_a_group_that_turns_out_to_have_no_topics_is_used_as_a_plain_one():
    office = Office()
    office.outcomes = lambda w: (
        Refused("message", "refused.platform") if isinstance(w.request, OpenThread) else None
    )
    office.writes("anna", "вопрос")
    assert office.screen("howto").copies() == ["Anna #1\nвопрос"]


def test_a_private_chat_with_a_bot_is_nobody():
    office = Office()
    from domain.events import Wrote
    from domain.messages import Content
    from domain.richtext import RichText

    bot = PersonSeen("b", "Bot", is_bot=True)
    office.feed(Wrote(ChatSeen("b", "private"), bot, "1", Content(text=RichText("x")), office.now))
    assert office.screen("howto").threads == {}


def test_an_event_that_does_not_tell_of_topics_takes_none_away():
    office, _ = asked()
    chats.see(office.conn, "m", "bot", ChatSeen("-1", "group", "How-to", threaded=False))
    office.writes("boris", "И я")
    assert len(office.screen("howto").threads) == 2


def test_without_a_leads_chat_another_desk_hears_of_one_that_cannot_be_written_to():
    office, _ = asked()
    chats.unbind(office.conn, "leads")
    office.outcomes = lambda w: Refused("chat", "refused.kicked") if w.chat == "-1" else None
    office.writes("anna", "раз")
    assert len(office.screen("bugs").messages) == 1

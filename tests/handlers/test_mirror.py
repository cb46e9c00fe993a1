"""What goes to the customer and what never does: a test for each line of the promise."""

from dataclasses import replace

import pytest

from domain.messages import Content
from domain.richtext import RichText
from tests.handlers.office import CAPS, DESKS, Office, Shown

ALL = "howto"
REPLIES = "bugs"


def in_desk(desk: str, **options: object) -> tuple[Office, str | None, Shown]:
    """An office where Anna has asked in a desk; the thread and the copy of her question."""
    office = Office(**options)  # type: ignore[arg-type]
    office.writes("anna", f"/{'howto' if desk == ALL else 'bug'} Не работает")
    thread = office.thread(desk) if office.threaded else None
    copy = [m for m in office.screen(desk).messages if m.role == "message"][-1]
    return office, thread, copy


def reached(office: Office) -> list[str]:
    return office.screen("anna").copies()


def test_all_every_agents_message_in_the_thread_goes():
    office, thread, _ = in_desk(ALL)
    office.says("ivan", ALL, "раз", thread)
    office.says("olga", ALL, "два", thread)
    assert reached(office) == ["раз", "два"]


def test_all_in_a_group_without_topics_an_answer_to_a_copy_goes():
    office, _, copy = in_desk(ALL, threaded=False)
    office.says("ivan", ALL, "ответ", reply_to=copy.ref)
    assert reached(office) == ["ответ"]


def test_replies_an_answer_to_the_customers_message_goes():
    office, thread, copy = in_desk(REPLIES)
    office.says("ivan", REPLIES, "ответ", thread, reply_to=copy.ref)
    assert reached(office) == ["ответ"]


def test_replies_answer_command_goes_without_its_word():
    office, thread, _ = in_desk(REPLIES)
    office.says("ivan", REPLIES, "/answer  вот так", thread)
    office.says("ivan", REPLIES, "!answer и так", thread)
    assert reached(office) == ["вот так", "и так"]
    assert not office.screen("anna").messages[0].native


def test_replies_talk_in_the_thread_stays():
    office, thread, _ = in_desk(REPLIES)
    office.says("ivan", REPLIES, "кто смотрел?", thread)
    assert reached(office) == []


def test_replies_where_nothing_answers_a_single_message_only_the_command_goes():
    office, thread, copy = in_desk(REPLIES, caps=replace(CAPS, replies_in_threads=False))
    office.says("ivan", REPLIES, "ответ", thread, reply_to=copy.ref)
    office.says("ivan", REPLIES, "!answer ответ", thread)
    assert reached(office) == ["ответ"]


@pytest.mark.parametrize("desk", [ALL, REPLIES])
def test_an_answer_to_the_card_stays(desk: str):
    office, thread, _ = in_desk(desk)
    office.says("ivan", desk, "глянь", thread, reply_to=office.screen(desk).card().ref)
    assert reached(office) == []


@pytest.mark.parametrize("desk", [ALL, REPLIES])
def test_an_answer_to_a_note_stays(desk: str):
    office, thread, _ = in_desk(desk)
    note = office.says("ivan", desk, "// посмотрю", thread)
    office.says("olga", desk, "спасибо", thread, reply_to=note)
    assert reached(office) == []


@pytest.mark.parametrize("desk", [ALL, REPLIES])
def test_an_answer_to_another_agent_stays(desk: str):
    office, thread, copy = in_desk(desk)
    sent = office.says("ivan", desk, "ответ", thread, reply_to=copy.ref)
    office.says("olga", desk, "точно?", thread, reply_to=sent)
    assert reached(office) == ["ответ"]


def test_notes_stay_also_in_captions_and_albums():
    office, thread, _ = in_desk(ALL)
    photo = Content("photo", RichText("// внутри"), copyable=True)
    office.says("ivan", ALL, "//внутри", thread)
    office.says("ivan", ALL, "/note внутри", thread)
    office.says("ivan", ALL, thread=thread, content=photo)
    assert reached(office) == []


def test_forwards_into_the_thread_stay():
    office, thread, _ = in_desk(ALL)
    office.says("ivan", ALL, "из другого чата", thread, forwarded=True)
    assert reached(office) == []


def test_bots_and_service_messages_stay():
    office, thread, _ = in_desk(ALL)
    office.says("ivan", ALL, "Иван вошёл", thread, is_service=True)
    assert reached(office) == []


def test_commands_stay():
    office, thread, _ = in_desk(ALL)
    for command in ("/take", "!ok", "/who", "/help", "/queue", "!mine", "/snooze 2h"):
        office.says("ivan", ALL, command, thread)
    assert reached(office) == []


def test_a_lone_unknown_word_gets_a_hint_and_stays():
    office, thread, _ = in_desk(ALL)
    ref = office.says("ivan", ALL, "/tkae", thread)
    assert reached(office) == []
    assert office.screen(ALL).messages[-1].reply_to == ref
    assert "/tkae" in office.screen(ALL).messages[-1].text


@pytest.mark.parametrize("said", ["/claim ABCD-EFGH", "!claim ABCD-EFGH", "/bug it crashes"])
def test_what_the_program_knows_elsewhere_stays(said: str):
    office, thread, _ = in_desk(ALL)
    office.says("ivan", ALL, said, thread)
    assert reached(office) == []
    assert said.split(maxsplit=1)[0] in office.screen(ALL).messages[-1].text


def test_a_path_with_words_is_an_answer():
    office, thread, _ = in_desk(ALL)
    office.says("ivan", ALL, "/etc/hosts надо поправить", thread)
    assert reached(office) == ["/etc/hosts надо поправить"]


def test_editing_the_prefix_in_takes_the_answer_back():
    office, thread, _ = in_desk(ALL)
    ref = office.says("ivan", ALL, "секрет", thread)
    assert office.screen(ALL).reactions[ref] == "👌"
    office.edits("ivan", ref, "// секрет", ALL, thread)
    assert reached(office) == []
    assert office.screen(ALL).reactions[ref] is None


def test_editing_the_prefix_out_sends_nothing():
    office, thread, _ = in_desk(ALL)
    ref = office.says("ivan", ALL, "// секрет", thread)
    office.edits("ivan", ref, "секрет", ALL, thread)
    assert reached(office) == []


def test_outside_threads_nothing_goes_and_one_hint_is_given():
    office, _, _ = in_desk(ALL)
    office.says("ivan", ALL, "Анна, сейчас посмотрим")
    office.says("ivan", ALL, "и ещё")
    hints = [m for m in office.screen(ALL).messages if m.thread is None and m.role == "bot"]
    assert reached(office) == []
    assert len(hints) == 1


def test_outside_threads_idle_talk_gets_no_hint():
    office = Office()
    office.says("ivan", ALL, "всем привет")
    assert office.screen(ALL).messages == []


def test_the_card_says_which_rule_holds():
    whole, _, _ = in_desk(ALL)
    answers, _, _ = in_desk(REPLIES)
    assert whole.screen(ALL).card().text != answers.screen(REPLIES).card().text
    assert "answer" in answers.screen(REPLIES).card().text


def test_what_did_not_arrive_bears_no_mark():
    office, thread, _ = in_desk(ALL)
    note = office.says("ivan", ALL, "// заметка", thread)
    assert note not in office.screen(ALL).reactions


def test_answers_own_earlier_answer_goes_as_a_reply():
    office, thread, _ = in_desk(ALL)
    first = office.says("ivan", ALL, "раз", thread)
    office.says("ivan", ALL, "и ещё", thread, reply_to=first)
    copies = office.screen("anna").messages
    assert copies[1].reply_to == copies[0].ref


def test_desks_default_rules_are_as_promised():
    assert [(d.name, d.mirror) for d in DESKS] == [
        ("howto", "all"),
        ("bugs", "replies"),
        ("wishes", "replies"),
    ]

"""Edits, replies, reactions and deletions, before and after the copy exists."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.messages import Attachment, Content
from domain.requests import Edit, Refused, Send
from domain.richtext import RichText
from domain.texts import text
from domain.work import Work
from tests.handlers.office import CAPS, Office


def test_edits_before_the_copy_goes_out_change_what_is_sent():
    office = Office()
    office.writes("anna", "вопрос")
    office.hold = True
    ref = office.writes("anna", "еще")
    office.edits("anna", ref, "ещё")
    office.drain()
    assert office.screen("howto").copies() == ["вопрос", "ещё"]


def test_an_edit_while_the_copy_is_under_way_follows_it():
    office = Office()
    office.writes("anna", "вопрос")
    office.hold = True
    ref = office.writes("anna", "до")
    key, work = next(iter(office.pending.items()))
    office.edits("anna", ref, "после")
    office.pending = {key: work}
    office.drain()
    assert office.screen("howto").copies() == ["вопрос", "после"]


def photo(ref: str, words: str = "смотрите") -> Content:
    return Content("photo", RichText(words), (Attachment("photo", ref),))


def files_shown(office: Office) -> list[str]:
    """Every file that is sent or put in another's place from now on; edits of files are refused, as in Slack."""
    shown: list[str] = []

    def outcome(work: Work) -> Refused | None:
        if isinstance(work.request, Edit) and work.request.media:
            return Refused("message", "refused.cannot_edit")
        if isinstance(work.request, Send):
            shown.extend(file.ref for content in work.request.contents for file in content.files)
        return None

    office.outcomes = outcome
    return shown


def test_a_photo_exchanged_while_its_copy_is_under_way_follows_it():
    office = Office()
    thread = _opened(office)
    shown = files_shown(office)
    office.hold = True
    ref = office.says("ivan", "howto", content=photo("old"), thread=thread)
    office.edits("ivan", ref, "", "howto", thread, content=photo("new"))
    office.drain()
    assert shown == ["old", "new"]


def test_only_words_changed_while_the_copy_is_under_way_repeat_no_photo():
    office = Office()
    thread = _opened(office)
    shown = files_shown(office)
    office.hold = True
    ref = office.says("ivan", "howto", content=photo("old"), thread=thread)
    office.edits("ivan", ref, "", "howto", thread, content=photo("old", "вот"))
    office.drain()
    assert shown == ["old"]
    assert office.screen("anna").copies() == ["вот"]


def test_a_photo_exchanged_while_its_words_wait_to_change_goes_with_them():
    office = Office()
    thread = _opened(office)
    shown = files_shown(office)
    ref = office.says("ivan", "howto", content=photo("old"), thread=thread)
    office.hold = True
    office.says("ivan", "howto", "минуту", thread)
    office.edits("ivan", ref, "", "howto", thread, content=photo("old", "вот"))
    office.edits("ivan", ref, "", "howto", thread, content=photo("new", "вот"))
    office.drain()
    assert shown == ["old", "new"]


SHORT = replace(CAPS, max_text=100, max_caption=100)
LONG = "слово " * 40


def step(office: Office) -> None:
    """The next request goes out."""
    office.step(next(iter(office.pending)))


def test_a_photo_exchanged_while_the_rest_of_its_words_waits_is_exchanged():
    office = Office(caps=SHORT)
    thread = _opened(office)
    shown = files_shown(office)
    office.hold = True
    ref = office.says("ivan", "howto", content=photo("old", LONG), thread=thread)
    step(office)
    office.edits("ivan", ref, "", "howto", thread, content=photo("new", LONG.replace("слово", "СЛОВО")))
    office.drain()
    assert shown == ["old", "new"]
    assert "".join(office.screen("anna").copies()).count("СЛОВО") >= 40
    office.edits("ivan", ref, "", "howto", thread, content=photo("new", LONG))
    office.drain()
    assert shown == ["old", "new"]


@pytest.mark.parametrize("sent", [0, 1, 2, 3])
@pytest.mark.parametrize("words", ["коротко", LONG.upper(), LONG * 2])
def test_words_changed_while_some_of_them_wait_arrive_as_they_are_now(sent: int, words: str):
    office = Office(caps=SHORT)
    thread = _opened(office)
    office.hold = True
    ref = office.says("ivan", "howto", LONG, thread)
    for _ in range(sent):
        step(office)
    office.edits("ivan", ref, words, "howto", thread)
    office.drain()
    assert "".join(office.screen("anna").copies()).split() == words.split()
    assert office.screen("howto").reactions[ref] == "👌"


@pytest.mark.parametrize("sent", [0, 1, 2, 3])
def test_an_answer_taken_back_while_some_of_it_waits_goes(sent: int):
    office = Office(caps=SHORT)
    thread = _opened(office)
    office.hold = True
    ref = office.says("ivan", "howto", LONG, thread)
    for _ in range(sent):
        step(office)
    office.deletes("ivan", ref, "howto")
    office.drain()
    assert office.screen("anna").copies() == []


def test_a_correction_says_all_of_it_however_much_its_first_line_takes():
    office = Office(caps=SHORT)
    ref = office.writes("anna", "а" * 100)
    office.outcomes = lambda w: (
        Refused("message", "refused.edit_too_late") if isinstance(w.request, Edit) else None
    )
    office.edits("anna", ref, "б" * 100)
    assert "".join(office.screen("howto").copies()).count("б") == 100


def test_a_correction_that_waits_says_the_newest_and_is_said_once():
    office = Office(caps=SHORT)
    thread = _opened(office)
    ref = office.says("ivan", "howto", LONG, thread)
    before = len(office.screen("anna").copies())
    office.outcomes = lambda w: (
        Refused("message", "refused.edit_too_late") if isinstance(w.request, Edit) else None
    )
    office.hold = True
    office.edits("ivan", ref, LONG.replace("слово", "слава"), "howto", thread)
    step(office)
    office.edits("ivan", ref, LONG.replace("слово", "слива"), "howto", thread)
    office.drain()
    said = "".join(office.screen("anna").copies()[before:])
    assert said.count("слива") == 40
    assert said.count("слава") < 40  # what was in hand already


def test_a_message_half_there_is_told_whole_where_its_ticket_goes():
    office = Office(caps=SHORT)
    thread = _opened(office)
    office.hold = True
    office.writes("anna", LONG)
    step(office)
    office.says("ivan", "howto", "/move bugs", thread)
    office.drain()
    assert "".join(office.screen("bugs").texts()).count("слово") == 40


def test_a_message_half_there_when_its_topic_goes_is_told_whole_in_the_next():
    office = Office(caps=SHORT)
    _opened(office)
    office.hold = True
    office.writes("anna", LONG)
    step(office)
    gone = office.thread("howto")
    office.outcomes = lambda w: (
        Refused("thread", "refused.thread_gone") if getattr(w.request, "thread", None) == gone else None
    )
    office.drain()
    assert "".join(office.screen("howto").texts(office.thread("howto"))).count("слово") == 40


@pytest.mark.parametrize("how", ["edit", "delete"])
def test_what_customers_change_while_it_is_told_anew_is_changed_there_too(how: str):
    office = Office()
    thread = _opened(office)
    office.writes("anna", "раз")
    ref = office.writes("anna", "два")
    office.hold = True
    office.says("ivan", "howto", "/move bugs", thread)
    while not any(
        getattr(w, "letter_id", None) and w.chat == office.chat("bugs") for w in office.pending.values()
    ):
        step(office)
    if how == "edit":
        office.edits("anna", ref, "три")
    else:
        office.deletes("anna", ref)
    office.drain()
    told = "".join(office.screen("bugs").texts())
    assert ("три" if how == "edit" else text("ru", "relay.deleted")) in told


def test_an_answer_changed_while_it_is_under_way_counts_as_delivered():
    office = Office()
    thread = _opened(office)
    office.hold = True
    ref = office.says("ivan", "howto", "до", thread)
    office.edits("ivan", ref, "после", "howto", thread)
    office.drain()
    assert office.screen("anna").copies() == ["после"]
    assert office.screen("howto").reactions[ref] == "👌"


def test_an_edited_question_is_shown_without_the_word_that_filed_it():
    office = Office()
    ref = office.writes("anna", "/bug падает")
    office.edits("anna", ref, "/bug падает при входе")
    assert office.screen("bugs").copies() == ["падает при входе"]


def test_taken_back_while_under_way_is_deleted_at_once():
    office = Office()
    office.writes("anna", "вопрос")
    office.hold = True
    ref = office.says("ivan", "howto", "ой", office.thread("howto"))
    office.edits("ivan", ref, "// ой", "howto", office.thread("howto"))
    office.drain()
    assert office.screen("anna").messages == []
    assert office.screen("howto").reactions.get(ref) is None


def test_a_reply_finds_the_copy_on_either_side():
    office = Office()
    question = office.writes("anna", "вопрос")
    copy = office.screen("howto").messages[-1]
    office.says("ivan", "howto", "ответ", office.thread("howto"), reply_to=copy.ref)
    answer = office.screen("anna").messages[-1]
    assert answer.reply_to == question
    office.writes("anna", "спасибо", reply_to=answer.ref)
    assert office.screen("howto").messages[-1].reply_to is not None


def test_a_reply_before_the_copy_exists_keeps_its_target():
    office = Office()
    office.writes("anna", "начало")
    office.hold = True
    first = office.writes("anna", "раз")
    office.writes("anna", "два", reply_to=first)
    office.drain()
    copies = [m for m in office.screen("howto").messages if m.role == "message"]
    assert copies[2].reply_to == copies[1].ref


def test_the_customers_reaction_takes_the_marks_place_and_gives_it_back():
    office = Office()
    office.writes("anna", "вопрос")
    ref = office.says("ivan", "howto", "ответ", office.thread("howto"))
    copy = office.screen("anna").messages[-1].ref
    office.reacts("anna", copy, "❤")
    assert office.screen("howto").reactions[ref] == "❤"
    office.reacts("anna", copy, None)
    assert office.screen("howto").reactions[ref] == "👌"


def test_an_agents_reaction_shows_at_the_customers():
    office = Office()
    question = office.writes("anna", "вопрос")
    office.reacts("ivan", office.screen("howto").messages[-1].ref, "👍", "howto")
    assert office.screen("anna").reactions[question] == "👍"


def test_where_marks_and_reactions_are_apart_both_are_shown():
    office = Office(caps=replace(CAPS, shares_reaction=False, marks_received=True))
    question = office.writes("anna", "вопрос")
    assert question in office.screen("anna").reactions
    ref = office.says("ivan", "howto", "ответ", office.thread("howto"))
    office.reacts("anna", office.screen("anna").messages[-1].ref, "❤")
    assert office.screen("howto").reactions[ref] == "❤"


def test_a_customers_deleted_message_stays_marked():
    office = Office()
    office.writes("anna", "вопрос")
    ref = office.writes("anna", "пароль 123")
    office.deletes("anna", ref)
    last = office.screen("howto").texts()[-1]
    assert "пароль 123" in last
    assert last != "пароль 123"


def test_what_did_not_fit_into_an_albums_caption_changes_with_it():
    office = Office(caps=SHORT, threaded=False)
    first, second = office.album("anna", LONG, "вторая")
    for words in ("слива " * 30, LONG, "коротко"):
        office.edits("anna", first, "", content=Content("photo", RichText(words)))
        shown = "".join(office.screen("howto").copies()).replace("Anna #1", "").replace("вторая", "")
        assert shown.split() == words.split()
    office.edits("anna", second, "", content=Content("photo", RichText("другая")))
    assert "другая" in office.screen("howto").copies()


def test_a_caption_of_an_album_that_waits_may_shrink_and_grow():
    office = Office(caps=SHORT, threaded=False)
    office.writes("anna", "вопрос")
    office.hold = True
    _, second = office.album("anna", "первая", "вторая")
    for words in (LONG, "коротко", LONG):
        office.edits("anna", second, "", content=Content("photo", RichText(words)))
        office.joins()
    office.drain()
    assert "".join(office.screen("howto").copies()).count("слово") == 40


def test_each_deleted_part_of_an_album_is_marked():
    office = Office()
    refs = office.album("anna", "первый", "", "третий")
    for ref, marked in zip(refs[1:], ("{}", "{}\nтретий"), strict=True):
        office.deletes("anna", ref)
        assert office.screen("howto").copies()[refs.index(ref)] == marked.format(text("ru", "relay.deleted"))
    assert office.screen("howto").copies()[0] == "первый"


def test_an_agents_deleted_answer_goes_from_the_customer():
    office = Office()
    office.writes("anna", "вопрос")
    ref = office.says("ivan", "howto", "ой", office.thread("howto"))
    office.deletes("ivan", ref, "howto")
    assert office.screen("anna").messages == []


def test_del_takes_an_answer_back_or_says_that_it_is_too_late():
    office = Office()
    thread = _opened(office)
    ref = office.says("ivan", "howto", "ой", thread)
    office.says("ivan", "howto", "/del", thread, reply_to=ref)
    assert office.screen("anna").messages == []
    late = office.says("ivan", "howto", "поздно", thread)
    office.outcomes = lambda w: (
        Refused("message", "refused.delete_too_late") if type(w.request).__name__ == "Delete" else None
    )
    office.says("ivan", "howto", "/del", thread, reply_to=late)
    assert office.screen("anna").copies() == ["поздно"]
    assert office.screen("howto").messages[-1].reply_to == late


def _opened(office: Office) -> str:
    office.writes("anna", "вопрос")
    return office.thread("howto")


def test_an_edit_that_cannot_be_made_in_place_comes_as_an_answer():
    office = Office()
    thread = _opened(office)
    office.outcomes = lambda w: (
        Refused("message", "refused.edit_too_late") if isinstance(w.request, Edit) else None
    )
    ref = office.says("ivan", "howto", "в 10", thread)
    office.edits("ivan", ref, "в 11", "howto", thread)
    copies = office.screen("anna").messages
    assert "в 11" in copies[-1].text
    assert copies[-1].reply_to == copies[0].ref


def test_waiting_texts_of_one_author_are_joined_and_stay_editable():
    office = Office()
    _opened(office)
    office.hold = True
    refs = [office.writes("anna", word) for word in ("раз", "два", "три")]
    office.joins()
    office.drain()
    office.hold = False
    assert office.screen("howto").copies()[1:] == ["раз\nдва\nтри"]
    office.edits("anna", refs[1], "ДВА")
    assert office.screen("howto").copies()[1:] == ["раз\nДВА\nтри"]


def test_a_text_that_grows_while_it_waits_joined_is_said_once():
    office = Office(caps=replace(CAPS, max_text=400))
    _opened(office)
    office.hold = True
    refs = [office.writes("anna", word) for word in ("раз", "два", "три")]
    office.joins()
    office.edits("anna", refs[1], "слово " * 100)
    office.drain()
    assert "".join(office.screen("howto").copies()).count("слово") == 100


def test_what_answers_something_or_has_a_file_is_never_joined():
    office = Office()
    _opened(office)
    office.hold = True
    first = office.writes("anna", "раз")
    office.writes("anna", "два", reply_to=first)
    office.album("anna", "снимок")
    office.writes("anna", "три")
    office.joins()
    office.drain()
    assert office.screen("howto").copies()[1:] == ["раз", "два", "снимок", "три"]


def test_an_album_goes_as_one_and_its_parts_are_known():
    office = Office()
    refs = office.album("anna", "один", "", "")
    copies = [m for m in office.screen("howto").messages if m.role == "message"]
    assert len(copies) == 3
    assert all(c.native for c in copies)
    office.edits("anna", refs[0], "первый")
    assert office.screen("howto").copies()[0] == "первый"
    office.says("ivan", "howto", "вот этот?", office.thread("howto"), reply_to=copies[1].ref)
    assert office.screen("anna").messages[-1].reply_to == refs[1]


def test_a_long_text_goes_in_parts_and_shrinks_with_its_edit():
    office = Office(caps=replace(CAPS, max_text=100, max_caption=100), threaded=False)
    ref = office.writes("anna", "слово " * 50)
    assert len(office.screen("howto").copies()) > 3
    assert "".join(office.screen("howto").copies()).count("слово") == 50
    office.edits("anna", ref, "коротко")
    assert office.screen("howto").copies() == ["Anna #1\nкоротко"]


def test_a_text_that_outgrows_its_parts_continues_in_new_ones():
    office = Office(caps=replace(CAPS, max_text=100, max_caption=100), threaded=False)
    ref = office.writes("anna", "коротко")
    for words in ("слово " * 40, "коротко", "слово " * 30):
        office.edits("anna", ref, words)
        assert "".join(office.screen("howto").copies()).split()[2:] == words.split()


@pytest.mark.parametrize("command", ["/close", "!move bugs", "/claim AAAA-BBBB", "/typo"])
def test_an_answer_edited_into_a_command_shows_nobody_the_command(command: str):
    office = Office(locale="en")
    office.writes("anna", "help")
    thread = office.thread("howto")
    ref = office.says("ivan", "howto", "an answer", thread)
    office.edits("ivan", ref, command, "howto", thread)
    assert office.screen("anna").copies() == ["an answer"]
    assert [m.reply_to for m in office.screen("howto").messages if "only as a new message" in m.text] == [ref]
    office.edits("ivan", ref, "! a better answer", "howto", thread)
    assert office.screen("anna").copies() == ["! a better answer"]


def test_an_older_change_that_comes_later_changes_nothing():
    office = Office()
    ref = office.writes("anna", "first")
    office.now += timedelta(minutes=2)
    office.edits("anna", ref, "third")
    office.now -= timedelta(minutes=1)
    office.edits("anna", ref, "second")
    assert office.screen("howto").copies() == ["third"]

"""Files that can't be carried: words or an address stand in their place, in order, and whoever has to knows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.messages import Attachment, Content, dump_content
from domain.requests import Edit, Outcome, Refused, Send
from domain.richtext import RichText
from domain.work import Work
from storage import clocks, messages
from tests.handlers.office import Office

LIMIT = 50 * 1024 * 1024
TOO_BIG = "refused.file_too_big"


def file(name: str = "film.mov", size: int = 120 * 1024 * 1024, caption: str = "") -> Content:
    return Content("video", RichText(caption), (Attachment("video", f"ref-{name}", name, size=size),))


def too_big(work: Work) -> Outcome | None:
    """A messenger that refuses the first file that is larger than it carries."""
    if isinstance(work.request, Send):
        for part, content in enumerate(work.request.contents):
            if any((f.size or 0) > LIMIT for f in content.files):
                return Refused("message", TOO_BIG, str(LIMIT), part)
    return None


def an_office(*, linked: bool = False, reason: str = "") -> Office:
    def link(message: int, name: str, at_ms: int) -> str:
        return f"https://files.example/{message}/{name}"

    def refused(work: Work) -> Outcome | None:
        said = too_big(work)
        return Refused("message", reason, "", said.part) if reason and isinstance(said, Refused) else said

    office = Office(locale="en", file_link=link if linked else None)
    office.writes("anna", "question")
    office.outcomes = refused
    return office


def answer(office: Office, content: Content) -> str:
    return office.says("ivan", "howto", thread=office.thread("howto"), content=content)


def _clock(office: Office) -> tuple[int, str]:
    """Whether the question's clock is over, and how it ended."""
    row = clocks.latest(office.conn, 1)
    assert row is not None
    return row.over, row.outcome


def test_an_agent_s_file_that_is_too_large_goes_as_a_link():
    office = an_office(linked=True)
    ref = answer(office, file(caption="look"))
    office.says("ivan", "howto", "and then", thread=office.thread("howto"))
    first, second = office.screen("anna").texts()[-2:]
    assert first.startswith("look\nfilm.mov (120 MB)\nhttps://files.example/")
    assert first.endswith("/film.mov")
    assert second == "and then"
    (told,) = [m for m in office.screen("howto").messages if "link" in m.text]
    assert told.text == (
        "The customer got a link instead of the file film.mov (120 MB): the file is too large (at most 50 MB)."
    )
    assert told.reply_to == ref
    assert office.screen("howto").reactions[ref] == "👌"
    assert _clock(office) == (1, "answered")


def test_without_an_address_both_sides_read_a_sentence_and_nothing_is_marked():
    office = an_office()
    ref = answer(office, file())
    assert office.screen("anna").texts()[-1] == (
        "The file film.mov (120 MB) can't be shown here: the file is too large (at most 50 MB)."
    )
    assert "The customer doesn't get the file film.mov (120 MB)" in office.screen("howto").texts()[-1]
    assert ref not in office.screen("howto").reactions
    assert _clock(office) == (0, "")


def test_its_words_arrive_all_the_same():
    office = an_office()
    ref = answer(office, file(caption="see the minute 3"))
    assert office.screen("anna").texts()[-1].startswith("see the minute 3\nThe file film.mov")
    assert ref not in office.screen("howto").reactions


def test_a_customer_s_file_is_told_of_in_the_thread_and_to_the_customer():
    office = an_office()
    ref = office.writes("anna", content=file("../../film\u202egpj.mov"))
    office.writes("anna", "after it")
    assert office.screen("howto").copies()[-2:] == [
        "The file filmgpj.mov (120 MB) can't be shown here: the file is too large (at most 50 MB).",
        "after it",
    ]
    told = office.screen("anna").messages[-1]
    assert told.reply_to == ref
    assert told.text == (
        "We didn't get the file filmgpj.mov (120 MB): the file is too large (at most 50 MB). "
        "Please send it in another way."
    )


def test_with_an_address_the_customer_is_not_bothered():
    office = an_office(linked=True)
    before = office.screen("anna").texts()
    office.writes("anna", content=file())
    assert "https://files.example/" in office.screen("howto").copies()[-1]
    assert office.screen("anna").texts() == before


@pytest.mark.parametrize("reason", ["refused.file_gone", "refused.file_not_given", "refused.file_broken"])
def test_what_nobody_can_fetch_has_no_address(reason: str):
    office = an_office(linked=True, reason=reason)
    answer(office, file())
    assert "https://" not in office.screen("anna").texts()[-1]
    assert "doesn't get the file" in office.screen("howto").texts()[-1]


def test_of_an_album_only_the_file_that_is_too_large_is_left_out():
    office = an_office(linked=True)
    parts = [file("a.mov", 1, "two films and a half"), file("b.mov"), file("c.mov", 2), file("d.mov")]
    thread = office.thread("howto")
    events = [office.wrote("ivan", "howto", content, thread, album="x") for content in parts]
    office.feed(*events)
    texts = office.screen("anna").texts()[-4:]
    assert [t.partition("\n")[0] for t in texts] == [
        "two films and a half",
        "b.mov (120 MB)",
        "",
        "d.mov (120 MB)",
    ]
    assert [m.kinds for m in office.screen("anna").messages[-4:]] == [
        ("video",),
        ("text",),
        ("video",),
        ("text",),
    ]
    assert len([t for t in office.screen("howto").texts() if "got a link" in t]) == 2


def test_history_in_another_desk_says_what_it_lacks():
    office = an_office(linked=True)
    office.writes("anna", content=file())
    office.presses("ivan", office.screen("howto").card(), "move:bugs", "howto")
    assert "https://files.example/" in "\n".join(office.screen("bugs").texts())


def test_after_a_restart_the_letter_still_goes_without_its_file():
    office = an_office()
    office.hold = True
    office.writes("anna", content=file())
    key = next(k for k, w in office.pending.items() if isinstance(w.request, Send))
    office.step(key)
    office.hold = False
    office.restarts()
    assert "can't be shown here" in office.screen("howto").copies()[-1]
    assert len([t for t in office.screen("anna").texts() if "didn't get" in t]) == 1


def test_a_link_is_the_same_however_often_it_is_made():
    office = an_office(linked=True)
    office.hold = True
    answer(office, file())
    office.passes(timedelta(hours=1))
    office.drain()
    assert "https://files.example/" in office.screen("anna").texts()[-1]


def test_what_was_erased_meanwhile_stands_in_nobody_s_way():
    office = an_office()
    office.hold = True
    office.writes("anna", content=file(caption="words"))
    key = next(k for k, w in office.pending.items() if isinstance(w.request, Send))
    office.step(key)
    stored = dump_content(Content(text=RichText("words")))
    message = messages.of_ticket(office.conn, 1)[-1]
    messages.change(office.conn, message.id, content=stored)
    office.hold = False
    office.restarts()
    assert office.screen("howto").copies()[-1] == "words"


def test_words_that_stand_for_a_file_stay_when_its_caption_changes():
    office = an_office()
    ref = answer(office, file(caption="look"))
    office.edits("ivan", ref, "", "howto", office.thread("howto"), content=file(caption="here"))
    assert office.screen("anna").texts()[-1] == (
        "here\nThe file film.mov (120 MB) can't be shown here: the file is too large (at most 50 MB)."
    )


def test_a_smaller_file_in_the_place_of_one_that_was_too_large_is_sent():
    office = an_office()
    ref = answer(office, file(caption="look"))
    edits: list[Edit] = []
    office.outcomes = lambda w: edits.append(w.request) if isinstance(w.request, Edit) else None
    small = file("clip.mov", 1024, "look")
    office.edits("ivan", ref, "", "howto", office.thread("howto"), content=small)
    assert [(e.media, e.content) for e in edits if e.chat == "anna"] == [(True, small)]

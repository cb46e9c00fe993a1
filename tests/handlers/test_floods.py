"""Above `limits.customer_messages` texts reach the desk joined and files wait behind a button; nothing is dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.messages import Attachment, Content
from domain.policy import Capabilities
from domain.requests import Refused, Send
from tests.handlers.office import CAPS, Office

PHOTO = Content("photo", files=(Attachment("photo", "p"),), copyable=True)
FEW = (5, timedelta(minutes=1))


def office(caps: Capabilities = CAPS) -> Office:
    return Office(caps=caps, customer_messages=FEW)


def flood(office: Office, count: int, who: str = "anna") -> None:
    """Writes so many texts while the first is under way, then lets delivery go on."""
    office.hold = True
    for n in range(count):
        office.writes(who, f"t{n:04}.")
    office.hold = False
    office.drain()


def words(office: Office, who: str = "howto") -> list[str]:
    return [w for m in office.screen(who).messages if m.role == "message" for w in m.text.split()]


def test_a_thousand_texts_become_few_messages_and_none_is_missing():
    office_ = office()
    flood(office_, 1000)
    assert words(office_) == [f"t{n:04}." for n in range(1000)]
    assert len(office_.screen("howto").copies()) < 30


def test_slower_texts_stay_as_they_are():
    office_ = office()
    office_.hold = True
    for n in range(10):
        office_.writes("anna", f"t{n}")
        office_.now += timedelta(seconds=15)
    office_.hold = False
    office_.drain()
    assert office_.screen("howto").copies() == [f"t{n}" for n in range(10)]


def test_others_are_not_joined_because_somebody_floods():
    office_ = office()
    office_.hold = True
    for n in range(3):
        office_.writes("boris", f"b{n}")
    flood(office_, 50)
    assert [t for t in office_.screen("howto").copies() if t.startswith("b")] == ["b0", "b1", "b2"]


def test_a_joined_text_is_corrected_where_it_stands():
    office_ = office()
    office_.hold = True
    refs = [office_.writes("anna", f"t{n}") for n in range(9)]
    office_.hold = False
    office_.drain()
    office_.edits("anna", refs[8], "t8 corrected")
    assert words(office_).count("corrected") == 1
    assert words(office_).count("t8") == 1


def photos(office: Office, count: int, who: str = "anna") -> None:
    for _ in range(count):
        office.writes(who, content=PHOTO)


def notices(office: Office, desk: str = "howto") -> list[str]:
    return [m.text for m in office.screen(desk).messages if m.role == "bot" and m.buttons]


def shown_photos(office: Office, desk: str = "howto") -> int:
    return sum(m.kinds == ("photo",) for m in office.screen(desk).messages)


def test_files_wait_behind_a_button_that_counts_them():
    office_ = office()
    photos(office_, 17)
    assert shown_photos(office_) == 5
    [notice] = [m for m in office_.screen("howto").messages if m.role == "bot"]
    assert "12" in notice.text
    assert "12" in notice.buttons[0][0].label
    earlier = replace(notice)
    office_.presses("ivan", notice, "files", "howto")
    assert shown_photos(office_) == 17
    assert notices(office_) == []
    assert office_.presses("ivan", earlier, "files", "howto")  # a second press finds nothing


def test_the_count_holds_when_files_come_while_it_is_under_way():
    office_ = office()
    office_.hold = True
    photos(office_, 9)
    for _ in range(7):  # topic, card, five photos; the notice is next
        office_.step(next(k for k in office_.pending if k[1] == "letters"))
    photos(office_, 3)
    office_.hold = False
    office_.drain()
    assert "7" in notices(office_)[0]


def test_the_next_flood_has_a_notice_of_its_own():
    office_ = office()
    photos(office_, 7)
    office_.presses(
        "ivan",
        next(m for m in office_.screen("howto").messages if m.buttons and m.role == "bot"),
        "files",
        "howto",
    )
    photos(office_, 2)
    bots = [m for m in office_.screen("howto").messages if m.role == "bot"]
    assert len(bots) == 2
    assert not bots[0].buttons
    assert "2" in bots[1].text


def test_an_album_counts_its_parts():
    office_ = office()
    photos(office_, 6)
    office_.album("anna", "a", "b", "c")
    assert "4" in notices(office_)[0]


def test_without_buttons_files_come_as_they_are():
    office_ = office(caps=replace(CAPS, buttons=False))
    photos(office_, 9)
    assert shown_photos(office_) == 9


def test_files_that_wait_move_along():
    office_ = office()
    photos(office_, 9)
    office_.says("ivan", "howto", "/move bugs", office_.thread("howto"))
    assert "4" in notices(office_, "bugs")[0]
    assert shown_photos(office_, "bugs") == 5
    office_.presses(
        "ivan",
        next(m for m in office_.screen("bugs").messages if m.role == "bot" and m.buttons),
        "files",
        "bugs",
    )
    assert shown_photos(office_, "bugs") == 9


def test_files_that_wait_survive_a_deleted_topic_and_a_restart():
    office_ = office()
    photos(office_, 9)
    gone = office_.thread("howto")
    office_.outcomes = lambda work: (
        Refused("thread", "refused.thread_gone") if getattr(work.request, "thread", None) == gone else None
    )
    office_.writes("anna", "where are you?")
    office_.restarts()
    thread = office_.thread("howto")
    assert thread != gone
    fresh = [m for m in office_.screen("howto").messages if m.thread == thread]
    assert sum(m.kinds == ("photo",) for m in fresh) == 5
    assert any(m.buttons and m.role == "bot" for m in fresh)


def test_a_notice_that_is_refused_gives_the_files_free():
    office_ = office()

    def refuses(work: object) -> Refused | None:
        request = getattr(work, "request", None)
        refused = isinstance(request, Send) and request.role == "bot" and bool(request.buttons)
        return Refused("message", "refused.platform") if refused else None

    office_.outcomes = refuses
    photos(office_, 9)
    assert shown_photos(office_) == 9


@pytest.mark.parametrize("kind", ["text", "photo"])
def test_nothing_of_a_blocked_customer_is_relayed(kind: str):
    office_ = office()
    office_.writes("anna", "hello")
    office_.says("ivan", "howto", "/block", office_.thread("howto"))
    before = len(office_.screen("howto").copies())
    photos(office_, 9) if kind == "photo" else flood(office_, 9)
    assert len(office_.screen("howto").copies()) == before

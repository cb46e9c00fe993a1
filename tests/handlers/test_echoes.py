"""What comes back from the other side: reactions of several people, what was seen, what is answered and quoted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain.events import ChatSeen, PersonSeen, Reacted, SeenUpTo
from domain.messages import Attachment, Content
from domain.requests import Edit, React, Refused, Send
from domain.richtext import RichText
from domain.work import Work
from tests.handlers.office import CAPS, Office

SLACKISH = replace(
    CAPS, replies_in_threads=False, shares_reaction=False, max_text=100, max_caption=100, quotes=False
)


def answered(office: Office) -> tuple[str, str]:
    """Anna asked, Ivan answered: his message, and its copy at hers."""
    office.writes("anna", "question")
    ref = office.says("ivan", "howto", "answer", office.thread("howto"))
    return ref, office.screen("anna").messages[-1].ref


def reacts(office: Office, who: str, ref: str, emoji: str, change: str) -> None:
    chat = ChatSeen("anna", "private")
    person = PersonSeen(who, who.title())
    office.feed(Reacted(chat, person, ref, emoji, office.now, change=change))  # type: ignore[arg-type]


def test_of_several_reactions_the_newest_that_is_left_shows():
    office = Office()
    question = office.writes("anna", "question")
    copy = office.screen("howto").messages[-1].ref
    for who, emoji, shown in (
        ("ivan", "👍", "👍"),
        ("olga", "🎉", "🎉"),
        ("ivan", "❤", "❤"),
        ("ivan", None, "🎉"),
        ("olga", None, None),
    ):
        office.reacts(who, copy, emoji, "howto")
        assert office.screen("anna").reactions.get(question) == shown


def test_where_people_have_several_each_comes_and_goes_by_itself():
    office = Office()
    ref, copy = answered(office)
    reacts(office, "anna", copy, "👍", "added")
    reacts(office, "anna", copy, "🎉", "added")
    assert office.screen("howto").reactions[ref] == "🎉"
    reacts(office, "anna", copy, "🎉", "removed")
    assert office.screen("howto").reactions[ref] == "👍"
    reacts(office, "anna", copy, "👍", "removed")
    assert office.screen("howto").reactions[ref] == "👌"


def test_what_was_seen_is_marked_and_everything_before_it():
    office = Office()
    first, _ = answered(office)
    second = office.says("ivan", "howto", "more", office.thread("howto"))
    third = office.says("ivan", "howto", "and more", office.thread("howto"))
    shown = office.screen("anna").messages[-2].ref
    office.feed(SeenUpTo(ChatSeen("anna", "private"), shown, office.now))
    reactions = office.screen("howto").reactions
    assert [reactions[ref] for ref in (first, second, third)] == ["👀", "👀", "👌"]
    office.reacts("anna", shown, "👍")
    assert reactions[second] == "👍"


def test_what_is_seen_before_its_delivery_is_written_down_stays_seen():
    office = Office()
    office.writes("anna", "question")
    office.hold = True
    ref = office.says("ivan", "howto", "answer", office.thread("howto"))
    office.feed(SeenUpTo(ChatSeen("anna", "private"), "not known yet", office.now))
    office.drain()
    assert office.screen("howto").reactions[ref] == "👀"


def test_an_answer_that_nothing_can_answer_quotes():
    office = Office(caps=SLACKISH)
    question = office.writes("anna", "the first question")
    office.writes("anna", "about that one", reply_to=question)
    assert office.screen("howto").messages[-1].text == "the first question\nabout that one"


def test_a_quoted_part_stands_above_where_quotes_are_unknown():
    office = Office(caps=replace(CAPS, quotes=False))
    office.writes("anna", "this, and that")
    said = Content(text=RichText("yes"), quote="and that")
    copy = office.screen("howto").messages[-1].ref
    office.says("ivan", "howto", thread=office.thread("howto"), content=said, reply_to=copy)
    shown = office.screen("anna").messages[-1]
    assert (shown.text, shown.reply_to is not None) == ("and that\nyes", True)


def test_what_an_agent_quotes_from_elsewhere_stays_inside():
    office = Office()
    office.writes("anna", "question")
    said = Content(text=RichText("look"), quote="words of another customer")
    office.says("ivan", "howto", thread=office.thread("howto"), content=said)
    assert office.screen("anna").messages[-1].text == "look"


def test_what_a_customer_quotes_from_elsewhere_is_told():
    office = Office()
    office.writes("anna", content=Content(text=RichText("why?"), quote="words of the news"))
    assert office.screen("howto").messages[-1].text == "words of the news\nwhy?"


def test_del_takes_back_the_newest_answer_where_nothing_can_be_answered():
    office = Office(caps=SLACKISH)
    office.writes("anna", "question")
    thread = office.thread("howto")
    office.says("ivan", "howto", "one", thread)
    office.says("olga", "howto", "of somebody else", thread)
    office.says("ivan", "howto", "two", thread)
    for left in (["one", "of somebody else"], ["of somebody else"], ["of somebody else"]):
        office.says("ivan", "howto", "!del", thread)
        assert office.screen("anna").texts() == left


def test_del_after_two_days_says_so_and_changes_nothing():
    office = Office(caps=replace(CAPS, delete_within=timedelta(hours=48)), locale="en")
    ref, _ = answered(office)
    office.passes(timedelta(hours=49))
    office.says("ivan", "howto", "/del", office.thread("howto"), reply_to=ref)
    assert "answer" in office.screen("anna").texts()
    assert "48 hours" in office.screen("howto").texts()[-1]


def test_a_reaction_that_the_other_side_lacks_is_told_in_words():
    office = Office(locale="en")

    def lacks(work: Work) -> Refused | None:
        alien = isinstance(work.request, React) and work.request.emoji == "🥑"
        return Refused("message", "refused.reaction") if alien else None

    question = office.writes("anna", "question")
    copy = office.screen("howto").messages[-1].ref
    ref = office.says("ivan", "howto", "answer", office.thread("howto"))
    office.outcomes = lacks
    office.reacts("anna", office.screen("anna").messages[-1].ref, "🥑")
    told = office.screen("howto").messages[-1]
    assert (told.text, told.reply_to) == ("🥑 from the customer", ref)
    office.reacts("ivan", copy, "🥑", "howto")
    assert "doesn't see 🥑" in office.screen("howto").texts()[-1]
    assert office.screen("anna").reactions.get(question) is None


def refuses_edits(work: Work) -> Refused | None:
    return Refused("message", "refused.edit_too_late") if isinstance(work.request, Edit) else None


def test_every_part_whose_edit_is_refused_is_said_again():
    office = Office(caps=replace(CAPS, max_text=100, max_caption=100))
    text = " ".join(f"word{n}" for n in range(40))
    ref = office.writes("anna", content=Content(text=RichText(text)))
    before = len(office.screen("howto").messages)
    office.outcomes = refuses_edits
    office.edits("anna", ref, "", content=Content(text=RichText(text.replace("word", "WORD"))))
    said = [m for m in office.screen("howto").messages[before:] if m.role == "message"]
    assert "".join(m.text for m in said).count("WORD") == 40
    assert len({m.reply_to for m in said}) == len(said) > 1


def test_another_file_goes_with_the_correction():
    office = Office()
    sent: list[Send] = []

    def outcomes(work: Work) -> Refused | None:
        if isinstance(work.request, Send) and work.step == "letter":
            sent.append(work.request)
        return refuses_edits(work)

    office.outcomes = outcomes
    wrong, right = (Content("photo", RichText("see"), (Attachment("photo", r),)) for r in ("a", "b"))
    ref = office.writes("anna", content=wrong)
    office.edits("anna", ref, "", content=right)
    assert [f.ref for f in sent[-1].contents[0].files] == ["b"]
    office.edits("anna", ref, "", content=replace(right, text=RichText("look")))
    assert not sent[-1].contents[0].files
    assert "look" in sent[-1].contents[0].text.text

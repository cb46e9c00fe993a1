"""Sending: what may be told without is left out, nothing is sent twice that arrived, files come with their message."""

from __future__ import annotations

import pytest

from bot.messengers.slack.messenger import SlackMessenger
from bot.messengers.slack.outcomes import outcome_of
from bot.messengers.slack.wire import ApiError, CutOffError, NotReachedError
from bot.performing import perform
from domain.messages import Attachment, Content
from domain.requests import Button, Delete, Edit, Outcome, React, Refused, Send, Sent, TryLater, Unsure
from domain.richtext import RichText, Span, plain
from tests.fakes.slack import BOT_USER, Fault, SlackFake
from tests.samples import SAMPLES, png
from tests.slack.conftest import receiving
from tests.telegram.conftest import Elsewhere, Journal


@pytest.fixture
def desk(fake: SlackFake) -> str:
    return fake.people.channel("howto", [fake.people.user("Ivan")])


def text(chat: str, words: str, letter: str = "letter-1", **more: object) -> Send:
    return Send(chat, (Content(text=plain(words)),), letter, **more)  # type: ignore[arg-type]


def ref(outcome: Outcome) -> str:
    assert isinstance(outcome, Sent), outcome
    return outcome.refs[0]


@pytest.mark.parametrize(
    ("code", "scope", "reason"),
    [
        ("invalid_auth", "account", "token"),
        ("channel_not_found", "chat", "chat_not_found"),
        ("not_in_channel", "chat", "kicked"),
        ("is_archived", "chat", "chat_gone"),
        ("restricted_action", "chat", "no_rights"),
        ("messages_tab_disabled", "chat", "messages_tab"),
        ("thread_not_found", "thread", "thread_gone"),
        ("message_not_found", "message", "message_gone"),
        ("edit_window_closed", "message", "edit_too_late"),
        ("cant_update_message", "message", "cannot_edit"),
        ("msg_too_long", "message", "too_long"),
        ("invalid_name", "message", "reaction"),
        ("missing_scope", "message", "no_rights"),
        ("something_new", "message", "platform"),
    ],
)
def test_refusals(code: str, scope: str, reason: str):
    outcome = outcome_of(ApiError(code))
    assert isinstance(outcome, Refused)
    assert (outcome.scope, outcome.reason) == (scope, f"refused.{reason}")


def test_what_is_not_known_is_unsure_and_what_never_left_comes_later():
    assert isinstance(outcome_of(CutOffError("reset")), Unsure)
    assert isinstance(outcome_of(ApiError("fatal_error")), Unsure)
    assert isinstance(outcome_of(NotReachedError("refused")), TryLater)
    assert outcome_of(ApiError("missing_scope", needed="chat:write")) == Refused(
        "account", "refused.token", "missing_scope (chat:write)"
    )


async def test_slacks_pause_is_obeyed(fake: SlackFake, app: SlackMessenger, desk: str):
    fake.troubles.append(Fault("limited", retry_after=7))
    assert await app.send(text(desk, "x")) == TryLater("ratelimited", 7.0, limited=True)


async def test_a_send_that_arrived_after_all_is_found_and_not_repeated(
    fake: SlackFake, app: SlackMessenger, desk: str
):
    for thread in (None, ref(await app.send(text(desk, "card", "card-1")))):
        request = text(desk, "once", f"letter-{thread}", thread=thread)
        fake.troubles.append(Fault("drop_after"))
        assert isinstance(await app.send(request), Unsure)
        assert isinstance(await perform(app, request, unsure=True), Sent)
        assert [m.text for m in fake.people.of_app(desk, thread)].count("once") == 1


async def test_a_send_that_did_not_arrive_is_repeated(fake: SlackFake, app: SlackMessenger, desk: str):
    fake.troubles.append(Fault("drop"))
    request = text(desk, "once")
    assert isinstance(await app.send(request), Unsure)
    assert isinstance(await perform(app, request, unsure=True), Sent)
    assert [m.text for m in fake.people.of_app(desk)] == ["once"]


async def test_another_letter_of_the_same_number_is_another(fake: SlackFake, app: SlackMessenger, desk: str):
    await app.send(text(desk, "of a database that is gone"))
    await perform(app, text(desk, "new"), unsure=True)
    assert [m.text for m in fake.people.of_app(desk)] == ["of a database that is gone", "new"]


async def test_a_gateways_page_is_no_answer(fake: SlackFake, app: SlackMessenger, desk: str):
    fake.troubles.append(Fault("html"))
    assert isinstance(await app.send(text(desk, "x")), Unsure)


async def test_blocks_that_slack_does_not_take_go_as_text(fake: SlackFake, app: SlackMessenger, desk: str):
    fake.troubles.append(Fault("error", code="invalid_blocks"))
    assert isinstance(await app.send(text(desk, "<@U1> *x*")), Sent)
    (shown,) = fake.people.of_app(desk)
    assert (shown.text, shown.pings) == ("<@U1> *x*", [])
    assert fake.log[-1][1]["mrkdwn"] is False


async def test_agents_by_name_where_that_is_allowed(
    fake: SlackFake, app: SlackMessenger, elsewhere: Elsewhere
):
    anna = fake.people.dm(fake.people.user("Anna"))
    elsewhere.contents["f"] = b"x"
    file = (Content("document", files=(Attachment("document", "f", "a.txt"),)),)
    for scopes in (None, {"chat:write", "files:write", "files:read"}):
        fake.methods.scopes = scopes
        assert isinstance(await app.send(text(anna, "words", f"letter-{scopes}", author="Ivan")), Sent)
        sent = await app.send(Send(anna, file, f"file-{scopes}", source="web", author="Ivan"))
        assert isinstance(sent, Sent)
    assert [m.username for m in fake.people.of_app(anna)] == ["Ivan", "Ivan", "", ""]


async def test_an_answer_in_private_shows_in_the_conversation_too(fake: SlackFake, app: SlackMessenger):
    anna = fake.people.user("Anna")
    root = fake.people.writes(anna, "question")
    inside = fake.people.writes(anna, "more", thread=root)
    await app.send(text(fake.people.dm(anna), "answer", reply_to=inside))
    assert fake.log[-1][1]["thread_ts"] == root
    assert fake.log[-1][1]["reply_broadcast"] is True


async def test_what_it_answers_is_gone_it_goes_out_all_the_same(fake: SlackFake, app: SlackMessenger):
    anna = fake.people.user("Anna")
    await app.send(text(fake.people.dm(anna), "answer", reply_to="1700000000.000001"))
    assert [m.text for m in fake.people.of_app(anna)] == ["answer"]


@pytest.mark.parametrize("late", [False, True])
async def test_a_files_message_is_known_by_its_record_or_its_echo(
    fake: SlackFake, app: SlackMessenger, elsewhere: Elsewhere, journal: Journal, desk: str, *, late: bool
):
    fake.methods.shares_late = late
    elsewhere.contents["f"] = png(size=100_000)
    file = Attachment("photo", "f", "", "image/png")
    words = RichText("<!channel> see", (Span("bold", 0, 4),))
    async with receiving(app, journal):
        await fake.connected()
        outcome = await app.send(Send(desk, (Content("photo", words, (file,)),), "letter-1", source="web"))
    (shown,) = fake.people.of_app(desk)
    assert ref(outcome) == shown.ts
    assert (shown.text, shown.pings, shown.files[0].name) == ("<!channel> see", [], "photo.jpg")
    assert shown.files[0].content == png(size=100_000)


async def test_a_file_that_comes_later_is_tried_later(app: SlackMessenger, desk: str):
    file = Content("document", files=(Attachment("document", "later", "a.txt"),))
    assert isinstance(await app.send(Send(desk, (file,), "letter-1", source="web")), TryLater)
    big = Content("document", files=(Attachment("document", "f", "a.txt", size=2**31),))
    assert await app.send(Send(desk, (big,), "letter-1", source="web")) == Refused(
        "message", "refused.file_too_big", str(2**30), 0
    )


async def test_a_file_after_the_first_cannot_say_something_else(app: SlackMessenger, desk: str):
    outcome = await app.edit(Edit(desk, "1700000000.000001#1", Content(text=plain("x"))))
    assert outcome == Refused("message", "refused.cannot_edit")
    assert await app.delete(Delete(desk, ("file:F1",))) == Sent()


async def test_one_reaction_beside_the_sign_of_delivery(fake: SlackFake, app: SlackMessenger, desk: str):
    ts = fake.people.writes(fake.people.user("Ivan"), "answer", desk)
    for emoji, mark in (("✅", "delivered"), ("👍", ""), ("❤", ""), (None, "")):
        assert isinstance(await app.react(React(desk, ts, emoji, None, mark)), Sent)  # type: ignore[arg-type]
        mine = {n for n, who in fake.people.shows(desk)[0].reactions.items() if BOT_USER in who}
        expected = {"white_check_mark"} | {n for e, n in (("👍", "+1"), ("❤", "heart")) if e == emoji}
        assert mine == expected
    assert await app.react(React(desk, ts, "?", None)) == Refused("message", "refused.reaction")


async def test_a_press_is_answered_to_who_pressed_alone(fake: SlackFake, app: SlackMessenger, desk: str):
    card = text(desk, "card", buttons=((Button("Take", "card:1:take"),),))
    ts = ref(await app.send(card))
    await app.answer_press(f'["{desk}","U1","{ts}"]', "Taken <by> you")
    assert fake.methods.ephemerals[0]["text"] == "Taken &lt;by&gt; you"
    await app.answer_press(f'["{desk}","U1","{ts}"]', "")
    assert len(fake.methods.ephemerals) == 1


@pytest.mark.parametrize(
    ("name", "sample", "shown"),
    [
        ("shot.png", "exe", "shot.png.bin"),
        ("film.MP4", "html", "film.MP4.bin"),
        ("paper.pdf", "zip", "paper.pdf.bin"),
        ("shot.png", "jpeg", "shot.png"),
        ("song.m4a", "video", "song.m4a"),
        ("a.zip", "zip", "a.zip"),
        ("drawing.svg", "html", "drawing.svg"),
    ],
)
async def test_a_name_that_claims_what_a_file_is_not_claims_it_no_more(
    fake: SlackFake, app: SlackMessenger, elsewhere: Elsewhere, desk: str, name: str, sample: str, shown: str
):
    elsewhere.contents["f"] = SAMPLES[sample]
    file = Content("photo", files=(Attachment("photo", "f", name, "image/png"),))
    assert isinstance(await app.send(Send(desk, (file,), "letter-1", source="web")), Sent)
    assert [m.files[0].name for m in fake.people.of_app(desk)] == [shown]

"""Files of Slack's: whole, or a reason why not; the page to sign in is never taken for one, the token goes nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from bot.messengers.contract import FileRefused
from bot.messengers.slack import wire
from bot.messengers.slack.messenger import SlackMessenger
from bot.spool import Spool
from domain.messages import Attachment
from tests.fakes.downloads import SIGN_IN
from tests.fakes.slack import SlackFake
from tests.fakes.slack_world import File

CONTENT = b"what the file says " * 20_000


def filed(fake: SlackFake, mime: str = "image/png", content: bytes = CONTENT) -> str:
    file = File(fake.world.number("F"), "a.png", mime, content)
    fake.world.files[file.id] = file
    return file.id


async def bytes_of(app: SlackMessenger, ref: str) -> bytes:
    async with app.open_file(ref) as stream:
        return b"".join([piece async for piece in stream])


async def test_a_file_comes_whole(fake: SlackFake, app: SlackMessenger):
    assert await bytes_of(app, filed(fake)) == CONTENT


@pytest.mark.parametrize(
    ("trouble", "reason", "later"),
    [
        ("login", "refused.file_closed", False),
        ("page", "refused.file_closed", False),
        ("reset", "refused.file_later", True),
        ("error", "refused.file_later", True),
        ("limited", "refused.file_later", True),
        ("gone", "refused.file_gone", False),
    ],
)
async def test_what_goes_wrong_is_told_apart(
    fake: SlackFake, app: SlackMessenger, trouble: Any, reason: str, later: bool
):
    ref = filed(fake)
    fake.downloads.append(trouble)
    with pytest.raises(FileRefused) as refused:
        await bytes_of(app, ref)
    assert (refused.value.reason, refused.value.later) == (reason, later)


async def test_a_file_that_is_a_page_is_no_page_to_sign_in(fake: SlackFake, app: SlackMessenger):
    page = b"<html>our own page</html>"
    assert await bytes_of(app, filed(fake, "text/html", page)) == page
    for trouble in ("login", "page"):
        fake.downloads.append(trouble)
        with pytest.raises(FileRefused, match="closed"):
            await bytes_of(app, filed(fake, "text/html", page))
    assert len(SIGN_IN) != len(page)


async def test_half_a_file_is_tried_again(fake: SlackFake, app: SlackMessenger, tmp_path: Any):
    spool = Spool(tmp_path, 2**20, lambda _messenger, ref: app.open_file(ref))
    file = Attachment("photo", filed(fake), "a.png", size=len(CONTENT))
    fake.downloads += ["short", "reset"]
    for _ in range(2):
        with pytest.raises(FileRefused) as refused:
            async with spool.carry("slack", [file], 2**20):
                pass
        assert (refused.value.reason, refused.value.later) == ("refused.file_broken", True)
    async with spool.carry("slack", [file], 2**20) as (carried,):
        assert carried.open().read() == CONTENT


async def test_a_download_that_stalls_ends(
    fake: SlackFake, app: SlackMessenger, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(wire, "SECONDS", 0.1)
    fake.downloads.append("stalls")
    with pytest.raises(FileRefused) as refused:
        await bytes_of(app, filed(fake))
    assert refused.value.later


async def test_without_the_scope_the_file_is_closed(fake: SlackFake, app: SlackMessenger):
    fake.methods.scopes = {"chat:write"}
    with pytest.raises(FileRefused, match="closed"):
        await bytes_of(app, filed(fake))


@pytest.mark.parametrize(
    "address",
    [
        "https://docs.google.com/document/d/1",
        "https://files.slack.com.evil.example/x",
        "http://files.slack.com/x",
        "https://evil.example/?files.slack.com",
        "file:///etc/passwd",
        "",
    ],
)
async def test_the_token_goes_to_slack_alone(fake: SlackFake, app: SlackMessenger, address: str):
    assert not app._wire.is_slacks(address)
    with pytest.raises(wire.ApiError):
        async for _ in app._wire.download(address, html=False):
            pass


async def test_addresses_of_slack_s_own(app: SlackMessenger):
    for address in (
        "https://files.slack.com/files-pri/T1-F1/a.png",
        "https://slack.com/x",
        "https://files.slack-gov.com/x",
    ):
        assert app._wire.is_slacks(address)

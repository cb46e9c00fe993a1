"""What people write pings nobody, and e-mail addresses stay as they are, to be copied."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.richtext import RichText, Span, may_ping, silence_mentions


@pytest.mark.parametrize(
    "text",
    ["ann@example.org", "to <ann.lee+news@mail.example.co.uk>, please", "mailto:a@b.io", "no sign at all"],
)
def test_e_mail_addresses_stay(text: str) -> None:
    assert silence_mentions(RichText(text)).text == text
    assert not may_ping(text)


@pytest.mark.parametrize(
    "text",
    [
        "@ivan",
        "ask @ivan.",
        "a@ivan",
        "a@ivan_agent.com",
        ".@ivan.com",
        "-@ivan.com",
        "@@ivan.com",
        "a@b@ivan.com",
        "a@everyone.",
        "é@ivan.com",
        "a@ivan.com_x",
    ],
)
def test_whatever_may_be_a_mention_is_broken(text: str) -> None:
    assert silence_mentions(RichText(text)).text == text.replace("@", "@\u2060")
    assert may_ping(text)


@given(st.text(st.sampled_from("ab@.-_ é\u2060"), max_size=30), st.integers(0, 30), st.integers(1, 30))
def test_the_same_characters_stay_formatted(text: str, start: int, length: int) -> None:
    start = min(start, max(len(text) - 1, 0))
    length = min(length, len(text) - start)
    spans = (Span("bold", start, length),) if length > 0 else ()
    quiet = silence_mentions(RichText(text, spans))
    assert quiet.text.replace("\u2060", "") == text.replace("\u2060", "")
    for span in quiet.spans:
        shown = quiet.text[span.start : span.end].replace("\u2060", "")
        assert shown == text[start : start + length].replace("\u2060", "")

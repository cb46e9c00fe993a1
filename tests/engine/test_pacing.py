"""Pacing: never more than allowed, wherever between sending and answer the platform counts."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from bot.messengers.contract import Pacing, Rate
from bot.pacing import Pacer

PACING = Pacing(private=(Rate(1, 1.0), Rate(5, 12.0)), group=(Rate(4, 6.0),), total=(Rate(6, 2.0),))


def most_in_a_window(requests: list[tuple[float, float]], seconds: float) -> int:
    """The most that any window can hold when the platform counts each request at its worst moment."""
    return max(
        (
            sum(1 for sent, answered in requests if sent <= last and answered > last - seconds)
            for last, _ in requests
        ),
        default=0,
    )


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from([0.0, 0.0, 0.1, 1.0]),
            st.sampled_from([0.01, 0.5, 3.0]),
            st.sampled_from([1, 1, 1, 2, 4]),
        ),
        max_size=60,
    )
)
def test_no_window_ever_holds_more_than_allowed(wishes: list[tuple[int, float, float, int]]) -> None:
    pacer, now = Pacer(PACING), 0.0
    sent: dict[int, list[tuple[float, float]]] = {0: [], 1: [], 2: [], 3: []}
    flying: list[tuple[float, int, int]] = []

    def land(until: float) -> None:
        for landing in sorted(flying):
            at, chat, count = landing
            if at <= until:
                pacer.answered(chat, at, count)
                flying.remove(landing)

    for chat, pause, takes, wanted in wishes:
        count = 1 if chat < 2 else wanted  # a private chat's rate of one a second holds no album
        now += pause
        land(now)
        while (delay := max(pacer.chat_delay(chat, chat < 2, now, count), pacer.total_delay(now, count))) > 0:
            now = min(flying)[0] if delay == math.inf else now + delay
            land(now)
        pacer.take(chat, count)
        sent[chat] += [(now, now + takes)] * count
        flying.append((now + takes, chat, count))
    slack = 1e-6  # floating point
    for chat, requests in sent.items():
        for rate in PACING.private if chat < 2 else PACING.group:
            assert most_in_a_window(requests, rate.seconds - slack) <= rate.count
    everything = sorted(r for requests in sent.values() for r in requests)
    for rate in PACING.total:
        assert most_in_a_window(everything, rate.seconds - slack) <= rate.count


def test_more_than_a_rate_allows_goes_when_its_window_is_empty() -> None:
    pacer = Pacer(PACING)
    assert pacer.chat_delay(0, True, 0.0, 10) == 0.0
    pacer.take(0, 10)
    assert pacer.chat_delay(0, True, 0.0) == math.inf
    pacer.answered(0, 5.0, 10)
    assert pacer.chat_delay(0, True, 5.0) == 12.0


def test_what_was_sent_before_a_restart_counts() -> None:
    pacer = Pacer(PACING)
    for at in (-5.0, -4.0, -3.0, -2.0):
        pacer.remember(2, at)
    assert pacer.chat_delay(2, False, 0.0) == 1.0
    assert pacer.chat_delay(3, False, 0.0) == 0.0


def test_a_limited_chat_pauses_alone_and_two_at_once_pause_the_account() -> None:
    pacer = Pacer(PACING)
    pacer.limited(1, 7.0, 100.0)
    assert pacer.chat_delay(1, True, 100.0) == 7.0
    assert pacer.chat_delay(0, True, 100.0) == pacer.total_delay(100.0) == 0.0
    pacer.limited(1, 7.0, 101.0)
    assert pacer.total_delay(101.0) == 0.0
    pacer.limited(0, 9.0, 102.0)
    assert pacer.total_delay(102.0) == 9.0
    assert pacer.total_delay(111.0) == 0.0


def test_a_slot_given_back_was_never_used() -> None:
    pacer = Pacer(PACING)
    pacer.take(0)
    assert pacer.chat_delay(0, True, 0.0) == math.inf
    pacer.give_back(0)
    assert pacer.chat_delay(0, True, 0.0) == 0.0


def test_idle_chats_are_forgotten() -> None:
    pacer = Pacer(Pacing(private=(Rate(1, 1.0),)))
    for chat in range(3000):
        pacer.take(chat)
        pacer.answered(chat, float(chat))
    assert len(pacer._chats) < 1100

"""Time is kept: each row of the table of clocks, reminders, pings, notices, digests, the rota."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.events import PersonSeen
from domain.policy import Interval, Share, Shift, Targets, WorkingHours
from domain.requests import Refused, Send
from storage import clocks, people, tickets
from tests.handlers.office import DESKS, START, Office

MOSCOW = ZoneInfo("Europe/Moscow")
MINUTES = timedelta(minutes=1)
LEADS = "-99"


def office(**policy: object) -> Office:
    return Office(**policy)  # type: ignore[arg-type]


def asked(**policy: object) -> tuple[Office, str]:
    made = office(**policy)
    made.writes("anna", "Не приходит код")
    return made, made.thread("howto")


def latest(o: Office, ticket: int = 1):
    row = clocks.latest(o.conn, ticket)
    assert row is not None
    return row


def local(hour: int, minute: int = 0, day: int = 12) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=MOSCOW)


def at(o: Office, moment: datetime) -> Office:
    o.passes(moment - o.now)
    return o


# the table of clocks


def test_first_message_starts_the_first_clock():
    o, _ = asked()
    row = latest(o)
    assert (row.kind, row.outcome, row.over) == ("first", "", 0)
    assert clocks.moment(row.due_at) == START + 15 * MINUTES


def test_writing_to_an_answered_ticket_starts_the_next_and_more_messages_do_not_restart_it():
    o, thread = asked()
    o.says("ivan", "howto", "Ответ", thread)
    o.passes(10 * MINUTES)
    o.writes("anna", "А ещё?")
    o.passes(5 * MINUTES)
    o.writes("anna", "Ну?")
    row = latest(o)
    assert (row.kind, clocks.moment(row.started_at)) == ("next", START + 10 * MINUTES)


def test_an_answer_holds_as_of_when_it_was_written_and_stops_once_delivered():
    o, thread = asked()
    o.passes(5 * MINUTES)
    o.hold = True
    o.says("ivan", "howto", "Ответ", thread)
    assert latest(o).held_at is not None
    o.now += 40 * MINUTES  # delivery takes its time
    o.hold = False
    o.drain()
    row = latest(o)
    assert (row.outcome, row.used) == ("answered", 5 * 60_000)


@pytest.mark.parametrize("microseconds", [0, 400, 500, 569, 999])
def test_an_answer_of_any_fraction_of_a_millisecond_stops_it(microseconds: int):
    o, thread = asked()
    o.passes(5 * MINUTES)
    o.now = o.now.replace(microsecond=401_000 + microseconds)
    o.says("ivan", "howto", "Ответ", thread)
    row = latest(o)
    assert (row.outcome, row.over, row.used) == ("answered", 1, 5 * 60_000 + 401)


def test_a_refused_answer_lets_it_run_on():
    o, thread = asked()
    o.outcomes = lambda w: (
        Refused("message", "refused.platform") if w.private and isinstance(w.request, Send) else None
    )
    o.says("ivan", "howto", "Ответ", thread)
    row = latest(o)
    assert (row.outcome, row.held_at) == ("", None)


def test_a_customer_who_cannot_be_reached_ends_it_as_undeliverable():
    o, thread = asked()
    o.outcomes = lambda w: Refused("chat", "refused.blocked") if w.private else None
    o.says("ivan", "howto", "Ответ", thread)
    assert latest(o).outcome == "undeliverable"


def test_ok_ends_it():
    o, thread = asked()
    o.says("ivan", "howto", "/ok", thread)
    assert latest(o).outcome == "no_answer_needed"


def test_nobody_has_to_answer_a_blocked_customer():
    o, thread = asked()
    o.says("ivan", "howto", "/block", thread)
    assert latest(o).outcome == "no_answer_needed"
    o.passes(60 * MINUTES)
    assert o.screen("-99").messages == []


def test_notes_taking_and_the_bots_words_change_nothing():
    o, thread = asked()
    before = latest(o)
    o.says("ivan", "howto", "// смотрю", thread)
    o.says("ivan", "howto", "/take", thread)
    o.says("ivan", "howto", "/who", thread)
    assert latest(o) == before


def test_snooze_does_not_stop_it():
    o, thread = asked()
    o.says("ivan", "howto", "/snooze 2h", thread)
    o.passes(16 * MINUTES)
    assert latest(o).pings == 1


def test_moving_keeps_what_was_used_and_counts_the_rest_by_the_new_desk():
    bugs = replace(DESKS[1], first_response=timedelta(hours=1))
    o, thread = asked(desks=(DESKS[0], bugs, DESKS[2]))
    o.passes(10 * MINUTES)
    o.says("ivan", "howto", "/move bugs", thread)
    row = latest(o)
    assert (row.used, clocks.moment(row.due_at)) == (10 * 60_000, START + 60 * MINUTES)


def test_closing_without_an_answer_is_counted_so():
    o, thread = asked()
    o.says("ivan", "howto", "/close", thread)
    assert latest(o).outcome == "closed_unanswered"


def test_reopening_by_the_customer_starts_the_next():
    o, thread = asked()
    o.says("ivan", "howto", "/close", thread)
    o.passes(10 * MINUTES)
    o.writes("anna", "Всё ещё")
    row = latest(o)
    assert (row.kind, row.over, clocks.moment(row.started_at)) == ("next", 0, START + 10 * MINUTES)


def test_changed_settings_recompute_what_is_due_and_keep_what_was_used():
    o, _ = asked()
    o.passes(5 * MINUTES)
    o.policy = replace(o.policy, first_response=timedelta(minutes=30))
    o.passes(timedelta(seconds=3))
    o.passes(timedelta(seconds=3))
    row = latest(o)
    assert clocks.moment(row.due_at) == START + 30 * MINUTES


def test_a_tier_wins_over_the_desk():
    o, thread = asked(tiers={"vip": Targets(timedelta(minutes=5), timedelta(minutes=5))})
    o.says("ivan", "howto", "/tier vip", thread)
    assert clocks.moment(latest(o).due_at) == START + 5 * MINUTES
    assert "vip" in o.screen("howto").card().text
    o.says("ivan", "howto", "/tier gold", thread)
    assert "vip" in o.screen("howto").messages[-1].text
    o.says("ivan", "howto", "/tier off", thread)
    assert clocks.moment(latest(o).due_at) == START + 15 * MINUTES


def test_a_question_asked_while_the_answer_is_under_way_gets_a_clock_of_its_own():
    o, thread = asked()
    o.hold = True
    o.says("ivan", "howto", "Ответ", thread)
    o.now += 2 * MINUTES
    o.writes("anna", "И ещё")
    o.hold = False
    o.drain()
    row = latest(o)
    assert (row.kind, row.over, clocks.moment(row.started_at)) == ("next", 0, START + 2 * MINUTES)


# reminders and pings


def reminders(o: Office) -> list[str]:
    return [m.text for m in o.screen("howto").messages if m.role == "bot" and "🟡" in m.text]


def pings(o: Office) -> list[str]:
    return [m.text for m in o.screen(LEADS).messages]


def test_one_reminder_at_two_thirds_with_buttons():
    o, _ = asked()
    o.passes(9 * MINUTES)
    assert reminders(o) == []
    o.passes(1 * MINUTES)
    o.passes(1 * MINUTES)
    assert len(reminders(o)) == 1
    shown = next(m for m in o.screen("howto").messages if "🟡" in m.text and m.role == "bot")
    o.presses("ivan", shown, ":take", "howto")
    assert tickets.get(o.conn, 1).assignee_id is not None
    o.presses("ivan", shown, ":ok", "howto")
    assert latest(o).outcome == "no_answer_needed"


def test_reminders_at_shares_and_durations():
    o, _ = asked(remind_at=(Share(33), timedelta(minutes=10)))
    o.passes(5 * MINUTES)
    o.passes(5 * MINUTES)
    assert len(reminders(o)) == 2


def test_breaches_of_one_moment_are_one_ping():
    o, _ = asked()
    o.writes("boris", "И у меня")
    o.passes(15 * MINUTES)
    assert len(pings(o)) == 1
    assert "Anna" in pings(o)[0]
    assert "Boris" in pings(o)[0]
    assert "🔴" in o.screen("howto").card().text


def test_three_repeats_and_then_by_the_hour():
    o, _ = asked()
    times: list[int] = []
    for minute in range(1, 240):
        o.passes(MINUTES)
        if len(pings(o)) > len(times):
            times.append(minute)
    assert times == [15, 30, 45, 60, 120, 180]


def test_on_it_quiets_for_half_an_hour_and_names_who():
    o, _ = asked()
    o.passes(15 * MINUTES)
    o.presses("olga", o.screen(LEADS).messages[0], "ping:", LEADS)
    assert "Olga" in pings(o)[0]
    for _ in range(29):
        o.passes(MINUTES)
    assert len(pings(o)) == 1
    o.passes(MINUTES)
    assert len(pings(o)) == 2


def test_when_answered_the_ping_says_by_whom_and_after_how_long():
    o, thread = asked()
    o.passes(15 * MINUTES)
    o.passes(2 * MINUTES)
    o.says("ivan", "howto", "Вот", thread)
    assert "Ivan" in pings(o)[0]
    assert "17" in pings(o)[0]
    assert o.screen(LEADS).messages[0].buttons == ()
    o.passes(timedelta(hours=2))
    assert len(pings(o)) == 1


def test_after_downtime_the_newest_fires_not_one_per_missed_tick():
    o, _ = asked()
    o.passes(3 * timedelta(hours=1))
    assert len(pings(o)) == 1
    assert reminders(o) == []


def test_without_a_leads_chat_the_desk_is_pinged():
    o = office()
    from storage import chats

    chats.unbind(o.conn, "leads")
    o.writes("anna", "Вопрос")
    o.passes(15 * MINUTES)
    assert any("🔴" in m.text and m.thread is None for m in o.screen("howto").messages)


def test_outside_working_hours_nothing_is_pinged_and_it_comes_at_its_working_time():
    o = at(office(), local(19, 50))
    o.writes("anna", "Успеете?")
    at(o, local(20, 30))
    at(o, local(9, 0, day=13))
    assert pings(o) == []
    at(o, local(10, 5, day=13))
    assert any("🔴" in text for text in pings(o))


def test_while_delivery_is_delayed_the_ping_says_so():
    o, _ = asked()
    o.says("ivan", "howto", "/ok", o.thread("howto"))
    o.hold = True
    o.writes("anna", "Не доходит")
    now = o.now
    o.now = now + 15 * MINUTES
    key = next(k for k, w in o.pending.items() if w.lane == "letters")
    stuck = o.pending.pop(key)
    o.passes(timedelta())
    o.pending.pop(key, None)
    o.drain()
    said = [t for t in pings(o) if "🔴" in t][-1]
    o.pending[key] = stuck
    o.hold = False
    o.drain()
    o.writes("boris", "А это дошло")
    o.passes(15 * MINUTES)
    assert len(said.splitlines()[0]) > len([t for t in pings(o) if "🔴" in t][-1].splitlines()[0]) - 60
    from domain.texts import text

    assert text("ru", "ping.delayed") in said
    assert text("ru", "ping.delayed") not in [t for t in pings(o) if "🔴" in t][-1]


def test_a_restart_in_the_middle_neither_loses_nor_doubles():
    o, _ = asked()
    o.passes(10 * MINUTES)
    o.restarts()
    o.passes(timedelta(seconds=3))
    assert len(reminders(o)) == 1
    o.passes(5 * MINUTES)
    o.restarts()
    o.passes(timedelta(seconds=3))
    assert len(pings(o)) == 1


# hours


def test_out_of_hours_one_notice_a_closed_period_in_the_customers_time():
    o = at(office(), local(21))
    o.writes("anna", "Есть кто?")
    o.writes("anna", "Ау")
    notices = [m.text for m in o.screen("anna").messages]
    assert len(notices) == 1
    assert "10:00" in notices[0]
    at(o, local(21, day=13))
    o.writes("anna", "Снова")
    assert len(o.screen("anna").messages) == 2


def test_who_waits_at_closing_is_told_then_unless_an_agent_wrote_just_now():
    o = at(office(), local(19, 40))
    o.writes("anna", "Вопрос")
    o.writes("boris", "Другой")
    o.says("ivan", "howto", "Секунду", o.thread("howto"))
    o.writes("boris", "Жду")
    at(o, local(20, 0))
    at(o, local(20, 5))
    assert len(o.screen("anna").messages) == 1
    assert o.screen("boris").copies() == ["Секунду"]
    assert len(o.screen("boris").messages) == 1


def test_during_hours_no_notice():
    o, _ = asked()
    assert o.screen("anna").messages == []


def test_at_opening_each_desk_gets_one_digest_and_leads_one_summary():
    o = at(office(), local(21))
    o.writes("anna", "Ночной вопрос")
    o.writes("boris", "/bug Падает")
    at(o, local(10, 0, day=13))
    at(o, local(10, 1, day=13))
    o.restarts()
    at(o, local(10, 2, day=13))
    general = [m.text for m in o.screen("howto").messages if m.thread is None]
    assert len(general) == 1
    assert "Ночной вопрос" in general[0]
    assert len([m for m in o.screen("bugs").messages if m.thread is None]) == 1
    assert len(pings(o)) == 1


def test_nothing_for_empty_queues():
    o = at(office(), local(21))
    at(o, local(10, 1, day=13))
    assert o.screen("howto").messages == []
    assert pings(o) == []


def admin(o: Office) -> None:
    people.make_admin(o.conn, people.see(o.conn, "m", "bot", PersonSeen("ivan", "Ivan", "ivan"), 0).id)


def test_hours_are_changed_from_the_chat_shown_and_undone():
    o, _ = asked()
    admin(o)
    o.says("ivan", "howto", "/hours today 10:00-14:05")
    assert clocks.moment(latest(o).due_at) == local(10, 10, day=13)
    assert "2026-01-12" in o.screen("howto").messages[-1].text
    o.says("ivan", "howto", "/hours closed 2026-01-13")
    assert clocks.moment(latest(o).due_at) == local(10, 10, day=14)
    o.says("ivan", "howto", "/hours reset")
    assert clocks.moment(latest(o).due_at) == START + 15 * MINUTES


@pytest.mark.parametrize(
    "words", ["today", "today 25:00-26:00", "closed 2020-01-01", "x 10:00-11:00", "today 10:00"]
)
def test_wrong_hours_are_explained_and_change_nothing(words: str):
    o, _ = asked()
    admin(o)
    before = latest(o)
    o.says("ivan", "howto", f"/hours {words}")
    assert latest(o) == before
    assert "/hours" in o.screen("howto").messages[-1].text or "hours" in o.screen("howto").messages[-1].text


def test_nobody_but_an_admin_changes_hours():
    o, _ = asked()
    before = latest(o)
    o.says("olga", "howto", "/hours today 10:00-11:00")
    assert latest(o) == before


def test_hours_in_the_leads_chat_hold_for_all_desks_of_the_general_hours():
    own = replace(DESKS[1], hours=WorkingHours("Europe/Moscow", ((Interval(time(0), time(0)),),) * 7))
    o, _ = asked(desks=(DESKS[0], own, DESKS[2]))
    o.writes("boris", "/bug Падает")
    admin(o)
    before = latest(o, 2)
    o.says("ivan", LEADS, "/hours today 10:00-14:05")
    assert clocks.moment(latest(o).due_at) == local(10, 10, day=13)
    assert latest(o, 2).due_at == before.due_at


# the rota

IVAN, OLGA = "m:ivan", "m:olga"
DAY = frozenset(range(7))
ROTA = (
    Shift(DAY, Interval(time(10), time(15)), "Europe/Moscow", (IVAN,)),
    Shift(DAY, Interval(time(15), time(20)), "Europe/Moscow", (OLGA,)),
)


def staffed(**policy: object) -> Office:
    o = office(rota=ROTA, **policy)
    for who in ("ivan", "olga"):
        people.see(o.conn, "m", "bot", PersonSeen(who, who.title(), who), 0)
    return o


def test_new_tickets_mention_who_is_on_duty():
    o = staffed()
    o.writes("anna", "Вопрос")
    assert "Ivan" in o.screen("howto").card().text


def test_duty_shows_and_sets():
    o = staffed()
    o.says("ivan", "howto", "/duty")
    assert "Ivan" in o.screen("howto").messages[-1].text
    o.says("ivan", "howto", "/duty @olga until 20:00")
    assert "Olga" in o.screen("howto").messages[-1].text
    o.says("ivan", "howto", "/duty reset")
    admin(o)
    o.says("ivan", "howto", "/duty reset")
    o.says("ivan", "howto", "/duty next")
    assert o.screen("howto").messages[-1].text.splitlines()[0].count("Olga") == 1


def test_away_and_back():
    o = staffed()
    o.says("ivan", "howto", "/away 2h")
    o.says("ivan", "howto", "/duty")
    assert "Ivan" not in o.screen("howto").messages[-1].text.splitlines()[0]
    o.says("ivan", "howto", "/away off")
    o.says("ivan", "howto", "/duty")
    assert "Ivan" in o.screen("howto").messages[-1].text.splitlines()[0]


def test_handover_gives_duty_and_open_tickets():
    o = staffed()
    o.writes("anna", "Вопрос")
    o.says("ivan", "howto", "/take", o.thread("howto"))
    o.says("ivan", "howto", "/handover @olga")
    assert people.by_id(o.conn, tickets.get(o.conn, 1).assignee_id).name == "Olga"
    o.says("ivan", "howto", "/duty")
    assert "Olga" in o.screen("howto").messages[-1].text.splitlines()[0]


def test_assignment_by_duty_is_forwarded_when_not_answered():
    desk = replace(DESKS[0], assign="duty", assign_timeout=timedelta(minutes=5))
    both = (Shift(DAY, Interval(time(10), time(20)), "Europe/Moscow", (IVAN, OLGA)),)
    o = office(rota=both, desks=(desk, *DESKS[1:]))
    for who in ("ivan", "olga"):
        people.see(o.conn, "m", "bot", PersonSeen(who, who.title(), who), 0)
    o.writes("anna", "Вопрос")
    assert people.by_id(o.conn, tickets.get(o.conn, 1).assignee_id).name == "Ivan"
    o.passes(5 * MINUTES)
    assert people.by_id(o.conn, tickets.get(o.conn, 1).assignee_id).name == "Olga"
    o.passes(5 * MINUTES)
    assert people.by_id(o.conn, tickets.get(o.conn, 1).assignee_id).name == "Olga"


def test_even_assignment_goes_to_who_has_the_fewest():
    desk = replace(DESKS[0], assign="even")
    both = (Shift(DAY, Interval(time(10), time(20)), "Europe/Moscow", (IVAN, OLGA)),)
    o = office(rota=both, desks=(desk, *DESKS[1:]))
    for who in ("anna", "boris", "clara", "dora"):
        o.writes(who, "Вопрос")
    owners = [tickets.get(o.conn, n).assignee_id for n in (1, 2, 3, 4)]
    assert owners[0] == owners[2] != owners[1] == owners[3]


def test_leads_hear_of_a_gap_a_day_ahead_once():
    o = office(rota=ROTA[:1])
    o.passes(MINUTES)
    o.passes(timedelta(hours=2))
    today = [t for t in pings(o) if "12 янв., 15:00" in t and "12 янв., 20:00" in t]
    tomorrow = [t for t in pings(o) if "13 янв., 15:00" in t and "13 янв., 20:00" in t]
    assert (len(today), len(tomorrow), len(pings(o))) == (1, 1, 2)


# auto-close


def test_a_ticket_that_waits_for_its_customer_too_long_closes_silently():
    o, thread = asked(auto_close=timedelta(hours=72))
    o.says("ivan", "howto", "Помогло?", thread)
    o.passes(timedelta(hours=71))
    assert tickets.get(o.conn, 1).state == "customer"
    o.passes(timedelta(hours=2))
    assert tickets.get(o.conn, 1).state == "closed"
    assert o.screen("anna").copies() == ["Помогло?"]
    assert len(o.screen("anna").messages) == 1


def test_an_answer_that_waits_behind_another_holds_the_next_question():
    o, thread = asked()
    o.hold = True
    o.says("ivan", "howto", "Раз", thread)
    o.now += 2 * MINUTES
    o.writes("anna", "И ещё")
    o.now += 2 * MINUTES
    o.says("ivan", "howto", "Два", thread)
    key = next(k for k, w in o.pending.items() if w.private)
    o.step(key)
    row = latest(o)
    assert (row.kind, row.over, clocks.moment(row.held_at)) == ("next", 0, START + 4 * MINUTES)
    o.hold = False
    o.drain()
    assert latest(o).outcome == "answered"

"""What the program says: every text in every language, with the same params, and none that nobody uses."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

import pytest

from domain.commands import CUSTOMER_COMMANDS
from domain.hours_words import greeting, hours, within
from domain.policy import Interval, Policy, WorkingHours
from domain.texts import LOCALES, Catalog, best, duration, load_catalog, moment, stamp, text
from handlers import desk_commands
from tests.outside.text_scan import recorded, scan

CATALOGS: dict[str, Catalog] = {locale: load_catalog(locale) for locale in LOCALES}
KEYS = sorted(set().union(*(c.texts for c in CATALOGS.values())))
FAMILIES = {key.split(".")[0] for key in KEYS}
NOT_TEXTS = re.compile(r".*\.(html|js|css|json|key|lock|toml|db|chat)")


def params_of(catalog: Catalog, key: str) -> set[str]:
    return {name for form in catalog.texts[key] for _, name in form if name}


def test_russian_and_english_are_there() -> None:
    assert {"ru", "en"} <= set(LOCALES)


@pytest.mark.parametrize("locale", LOCALES)
def test_no_language_lacks_a_text(locale: str) -> None:
    assert sorted(CATALOGS[locale].texts) == KEYS


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_is_empty_and_plurals_are_whole(locale: str) -> None:
    forms = {1, len({CATALOGS[locale].form_for(n) for n in range(200)})}
    for key, said in CATALOGS[locale].texts.items():
        assert len(said) in forms, key
        assert all(form for form in said), key


def test_the_languages_take_the_same_params() -> None:
    for key in KEYS:
        taken = {locale: params_of(catalog, key) for locale, catalog in CATALOGS.items()}
        assert len({frozenset(names) for names in taken.values()}) == 1, (key, taken)


def test_every_text_the_code_asks_for_is_there() -> None:
    missing = [
        (call.where, pattern)
        for call in scan().calls
        for pattern in call.patterns
        if call.params is not None and not any(re.fullmatch(pattern, key) for key in KEYS)
    ]
    missing += [
        (where, literal)
        for literal, where in scan().literals.items()
        if literal.split(".")[0] in FAMILIES and literal not in KEYS and not NOT_TEXTS.fullmatch(literal)
    ]
    assert not missing


def test_every_text_is_asked_for_somewhere() -> None:
    assert [key for key in KEYS if not scan().asks_for(key)] == []


def test_every_call_gives_what_its_text_takes() -> None:
    lacking = [
        (call.where, key, sorted(params_of(CATALOGS["en"], key) - call.params))
        for call in scan().calls
        if call.params is not None
        for key in KEYS
        if any(re.fullmatch(pattern, key) for pattern in call.patterns)
        and not params_of(CATALOGS["en"], key) <= call.params
    ]
    assert not lacking


def test_every_command_that_is_offered_says_what_it_does() -> None:
    offered = {*desk_commands._THREAD, *desk_commands._DESK, "desk", *CUSTOMER_COMMANDS} - {"start", "claim"}
    assert {key.removeprefix("commands.") for key in KEYS if key.startswith("commands.")} == offered


def test_everything_done_with_a_ticket_can_be_said() -> None:
    assert {key.removeprefix("done.") for key in KEYS if key.startswith("done.")} == recorded()


def test_russian_uses_its_own_quotes() -> None:
    for key, said in CATALOGS["ru"].texts.items():
        for form in said:
            assert not any(sign in literal for literal, _ in form for sign in "\"“”'"), key


def test_what_people_write_is_never_read_as_a_pattern() -> None:
    assert text("en", "card.assignee", name="{n} {name.__class__} %s") == "{n} {name.__class__} %s has it"


def test_an_unknown_key_comes_back_so_that_its_message_is_not_lost() -> None:
    assert text("en", "no.such_key", name="x") == "no.such_key"


@pytest.mark.parametrize(
    ("wanted", "found"), [("ru-RU", "ru"), ("en_GB", "en"), ("EN", "en"), ("de", "ru"), ("", "ru")]
)
def test_the_closest_language(wanted: str, found: str) -> None:
    assert best(wanted) == found


def test_the_default_language_is_the_callers() -> None:
    assert best("de", "en") == "en"


@pytest.mark.parametrize(
    ("n", "ru"),
    [(1, "1 день"), (2, "2 дня"), (5, "5 дней"), (11, "11 дней"), (21, "21 день"), (104, "104 дня")],
)
def test_plural_forms(n: int, ru: str) -> None:
    assert text("ru", "duration.days", n=n) == ru


NOW = datetime(2026, 1, 5, 18, tzinfo=UTC)  # a Monday, 21:00 in Moscow


@pytest.mark.parametrize(
    ("hours_ahead", "ru", "en"),
    [
        (1, "сегодня в 22:00 (Москва)", "today at 22:00 (Moscow)"),
        (13, "завтра в 10:00 (Москва)", "tomorrow at 10:00 (Moscow)"),
        (37, "в среду в 10:00 (Москва)", "on Wednesday at 10:00 (Moscow)"),
        (6 * 24, "в воскресенье в 21:00 (Москва)", "on Sunday at 21:00 (Moscow)"),
        (7 * 24, "12 января в 21:00 (Москва)", "on 12 January at 21:00 (Moscow)"),
        (365 * 24, "5 января 2027 в 21:00 (Москва)", "on 5 January 2027 at 21:00 (Moscow)"),
    ],
)
def test_moments_are_exact_and_in_the_readers_zone(hours_ahead: int, ru: str, en: str) -> None:
    at = NOW + timedelta(hours=hours_ahead)
    assert moment("ru", at, NOW, "Europe/Moscow") == ru
    assert moment("en", at, NOW, "Europe/Moscow") == en


def test_a_moment_without_its_zone() -> None:
    assert moment("en", NOW, NOW, "Asia/Novosibirsk", named=False) == "today at 01:00"


def test_a_stamp_is_short() -> None:
    assert stamp("en", NOW, "Europe/Moscow") == "5 Jan, 21:00"


@pytest.mark.parametrize(
    ("minutes", "ru", "en"),
    [
        (0.5, "30 с", "30 s"),
        (10, "10 мин", "10 min"),
        (65, "1 ч 5 мин", "1 h 5 min"),
        (120, "2 ч", "2 h"),
        (26 * 60, "1 день 2 ч", "1 day 2 h"),
        (5 * 24 * 60 + 90, "5 дней", "5 days"),
    ],
)
def test_durations_as_people_say_them(minutes: float, ru: str, en: str) -> None:
    assert duration("ru", timedelta(minutes=minutes)) == ru
    assert duration("en", timedelta(minutes=minutes)) == en


def test_the_greeting_as_it_was_agreed() -> None:
    policy = Policy(desks=())
    assert greeting("ru", policy) == (
        "Это поддержка. Напишите, как написали бы коллеге: отвечает человек. "
        "Ежедневно с 10 до 20 по Москве, обычно в течение 15 минут."
    )
    assert greeting("en", policy) == (
        "This is support. Write as you would to a colleague: a person answers, "
        "usually within 15 minutes, daily 10–20 Moscow time."
    )


def test_a_team_that_is_never_there_promises_no_hours() -> None:
    policy = Policy(desks=(), hours=WorkingHours("Europe/Moscow", ((),) * 7))
    assert greeting("en", policy).endswith("a person answers.")


DAY = (Interval(time(10), time(20)),)
SPLIT = (Interval(time(10), time(13)), Interval(time(14), time(18, 30)))
ALWAYS = (Interval(time(0), time(0)),)


@pytest.mark.parametrize(
    ("week", "ru", "en"),
    [
        ((DAY,) * 7, "ежедневно с 10 до 20 (Берлин)", "daily 10–20 (Berlin)"),
        ((DAY,) * 5 + ((), ()), "по будням с 10 до 20 (Берлин)", "on weekdays 10–20 (Berlin)"),
        ((ALWAYS,) * 7, "круглосуточно", "around the clock"),
        (
            (SPLIT,) * 5 + (DAY, ()),
            "пн–пт с 10 до 13 и с 14 до 18:30, сб с 10 до 20 (Берлин)",
            "Mon–Fri 10–13 and 14–18:30, Sat 10–20 (Berlin)",
        ),
        (
            (DAY, (), DAY, (), (), (), ALWAYS),
            "пн, ср с 10 до 20, вс круглосуточно (Берлин)",
            "Mon, Wed 10–20, Sun all day (Berlin)",
        ),
        (((Interval(time(22), time(0)),),) * 7, "ежедневно с 22 до 24 (Берлин)", "daily 22–24 (Berlin)"),
    ],
)
def test_working_hours_read_in_one_line(week: tuple[tuple[Interval, ...], ...], ru: str, en: str) -> None:
    assert hours("ru", WorkingHours("Europe/Berlin", week)) == ru
    assert hours("en", WorkingHours("Europe/Berlin", week)) == en


@pytest.mark.parametrize(
    ("length", "ru", "en"),
    [
        (timedelta(minutes=1), "в течение 1 минуты", "within 1 minute"),
        (timedelta(hours=1), "в течение 1 часа", "within 1 hour"),
        (timedelta(minutes=90), "в течение 90 минут", "within 90 minutes"),
        (timedelta(days=2), "в течение 2 дней", "within 2 days"),
    ],
)
def test_promises(length: timedelta, ru: str, en: str) -> None:
    assert within("ru", length) == ru
    assert within("en", length) == en

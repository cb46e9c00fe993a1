"""Settings: where they come from, what they turn into, and one line for everything that is wrong."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from bot.messengers.contract import Rate
from bot.settings import NOT_YET_IN_FORCE, BadSettings, Settings, load
from domain.policy import Address, Capabilities, Interval, Share

CAPS = {"web": Capabilities(16000, 16000), "telegram": Capabilities(4096, 1024)}
TOKEN = "123456:AAF-secret_secret"


class Write(Protocol):
    """Writes the settings file that `load` reads."""

    def __call__(self, text: str) -> None: ...


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    def write(text: str) -> None:
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        monkeypatch.setenv("OKNO_SETTINGS", str(file))

    return write


def faults() -> tuple[str, ...]:
    with pytest.raises(BadSettings) as caught:
        load()
    return caught.value.lines


def test_nothing_needs_to_be_set() -> None:
    settings = load()
    policy = settings.policy({"web": CAPS["web"]}, {"web": "okno"}, "CODE")
    assert [(d.name, d.title, d.icon, d.mirror, d.default, d.address) for d in policy.desks] == [
        ("howto", "Вопросы", "❓", "all", True, None),
        ("bugs", "Баги", "🐞", "replies", False, None),
        ("wishes", "Пожелания", "💡", "replies", False, None),
    ]
    assert policy.hours.timezone == "Europe/Moscow"
    assert policy.hours.weekly == ((Interval(time(10), time(20)),),) * 7
    assert (policy.first_response, policy.reopen_within) == (timedelta(minutes=15), timedelta(hours=24))
    assert (policy.claim_code, policy.csat, policy.note_prefix) == ("CODE", True, "//")
    assert settings.not_yet_in_force() == []


def test_the_environment_wins_over_secrets_and_those_over_the_file(
    settings_file: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings_file('locale = "en"\nnote_prefix = "##"\n[web]\nport = 1\nhost = "10.0.0.1"\n')
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "telegram.token").write_text(f"{TOKEN}\n")
    (secrets / "web.port").write_text("2")
    (secrets / "OKNO_NOTE_PREFIX").write_text("%%")
    (secrets / "somebody.elses").write_text("x")
    (secrets / ".hidden").write_text("x")
    monkeypatch.setenv("OKNO_SECRETS_DIR", str(secrets))
    monkeypatch.setenv("OKNO_WEB__PORT", "3")
    settings = load()
    assert (settings.locale, settings.note_prefix) == ("en", "%%")
    assert (settings.web.host, settings.web.port) == ("10.0.0.1", 3)
    assert settings.telegram.token is not None
    assert settings.telegram.token.get_secret_value() == TOKEN


def test_lists_and_tables_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_ADMINS", "telegram:42, web:a")
    monkeypatch.setenv(
        "OKNO_WORKING_HOURS__WEEKLY", '{"mon": ["10:00-13:00", "14:00-24:00"], "sun": ["24h"]}'
    )
    monkeypatch.setenv("OKNO_DESKS__VIP__CHAT", "telegram:-100")
    monkeypatch.setenv("OKNO_TELEGRAM__LIMITS", '{total = "9/1s", chat_burst = 2}')
    settings = load()
    limits = settings.telegram.limits
    assert (limits.total.count, limits.chat_burst, limits.group.count) == (9, 2, 20)
    policy = settings.policy(CAPS, {})
    assert policy.admins == {"telegram:42", "web:a"}
    assert policy.hours.weekly[0] == (Interval(time(10), time(13)), Interval(time(14), time(0)))
    assert policy.hours.weekly[1] == ()
    assert policy.hours.weekly[6] == (Interval(time(0), time(0)),)
    assert policy.desk("vip") is not None
    assert policy.desks[3].address == Address("telegram", "-100")


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_TELEGRAM__TOKEN", "")
    assert load().telegram.token is None


def test_desks_of_ones_own_join_the_three(settings_file: Write) -> None:
    settings_file(
        '[desks.billing]\ntitle = "Money"\nicon = "B"\nmirror = "all"\n[desks.bugs]\ndefault = true\n'
    )
    policy = load().policy(CAPS, {})
    assert [d.name for d in policy.desks] == ["howto", "bugs", "wishes", "billing"]
    assert policy.default_desk.name == "bugs"
    assert [d.mirror for d in policy.desks] == ["replies", "all", "replies", "all"]


def test_a_default_desk_of_ones_own_replaces_the_three(settings_file: Write) -> None:
    settings_file("[desks.vip]\ndefault = true\n[desks.other]\n")
    policy = load().policy(CAPS, {})
    assert [(d.name, d.title, d.default) for d in policy.desks] == [
        ("vip", "Vip", True),
        ("other", "Other", False),
    ]


def test_titles_follow_the_language(settings_file: Write) -> None:
    settings_file('locale = "en"')
    assert [d.title for d in load().policy(CAPS, {}).desks] == ["How-to", "Bugs", "Wishes"]


def test_keys_that_come_later_are_accepted_and_named(settings_file: Write) -> None:
    settings_file(
        '[tiers.gold]\nfirst_response = "5m"\n[sla]\nfirst_response = "10m"\nremind_at = ["50%", "10m"]\n'
        '[slack]\ncustomer_channels = ["C1"]\n[desks.bugs]\nassign = "duty"\nchat = "pachca:1"\n'
        '[working_hours.holidays]\ncountry = "RU"\nclosed = ["2026-12-31"]\n'
        '[[rota.shifts]]\ndays = "mon-fri"\nhours = "10:00-15:00"\nagents = ["telegram:42"]\n'
        '[retention]\nmessages = "90d"\n[leads]\nmentions = ["@x"]\n'
    )
    settings = load()
    assert settings.not_yet_in_force() == [
        "desks.bugs.chat (pachca)",
    ]
    assert settings.working_hours.holidays.closed == (date(2026, 12, 31),)
    assert settings.policy(CAPS, {}).desks[1].address is None


def test_time_is_kept_as_the_settings_say(settings_file: Write) -> None:
    settings_file(
        '[tiers.Gold]\nfirst_response = "5m"\n[sla]\nremind_at = ["50%", "10m"]\n[tickets]\nauto_close = "0s"\n'
        '[desks.bugs]\nassign = "even"\nassign_timeout = "10m"\nsla = {next_response = "1h"}\n'
        'working_hours = {timezone = "Asia/Tokyo"}\n'
        '[working_hours.holidays]\ncountry = "RU"\nclosed = ["2026-12-31"]\nopen = ["2026-12-26"]\n'
        '[[rota.shifts]]\ndays = "mon-fri"\nhours = "10:00-15:00"\nagents = ["telegram:42"]\n'
    )
    policy = load().policy(CAPS, {})
    bugs = policy.desk("bugs")
    assert bugs is not None
    assert bugs.hours is not None
    assert (bugs.assign, bugs.assign_timeout) == ("even", timedelta(minutes=10))
    assert (bugs.first_response, bugs.next_response) == (None, timedelta(hours=1))
    assert (bugs.hours.timezone, bugs.hours.weekly) == ("Asia/Tokyo", policy.hours.weekly)
    assert policy.remind_at == (Share(50), timedelta(minutes=10))
    assert policy.tiers["gold"].first_response == timedelta(minutes=5)
    assert policy.auto_close is None
    assert (policy.hours.country, date(2026, 12, 26) in policy.hours.open) == ("RU", True)
    assert policy.rota[0].timezone == "Europe/Moscow"
    assert policy.rota[0].agents == ("telegram:42",)


def test_every_late_key_is_a_key() -> None:
    plain = {key for key in NOT_YET_IN_FORCE if "*" not in key}
    for key in plain:
        section, name = key.split(".")
        assert name in type(getattr(load(), section)).model_fields, key


BAD = [
    ("[working_hours]\nweekly = {mon = []}", "working_hours.weekly: never opens"),
    (
        "[working_hours.holidays]\ncountry = 'XX'",
        'working_hours.holidays.country = "XX": its holidays are not known',
    ),
    ("colour = 1", "colour: there is no such key; "),
    ("[web]\nprot = 1", "web.prot: there is no such key; perhaps web.port is meant"),
    (
        "[desks.bugs]\ntitel = 'x'",
        "desks.bugs.titel: there is no such key; perhaps desks.bugs.title is meant",
    ),
    (
        "[sla]\nfirst_response = '15min'",
        'sla.first_response = "15min": not a duration; write a number with s, m, h',
    ),
    ("[sla]\nfirst_response = 15", "sla.first_response = 15: not a duration; "),
    ("[sla]\nfirst_response = '0m'", 'sla.first_response = "0m": no time at all; '),
    ("[tickets]\nreopen_within = '99999999d'", "tickets.reopen_within = "),
    ("[sla]\nremind_at = ['120%']", 'sla.remind_at[0] = "120%": neither a share of the target nor'),
    (
        "[telegram]\nlimits = {chat = '1/x'}",
        'telegram.limits.chat = "1/x": not so many per time; write a number',
    ),
    ("[telegram]\nlimits = {group = '0/1m'}", "telegram.limits.group = "),
    ("[telegram]\nlimits = {chat_burst = 0}", "telegram.limits.chat_burst = 0: too small; write 1 or more"),
    (
        "[telegram]\nmode = 'pull'",
        "telegram.mode = \"pull\": not one of the choices; write 'polling' or 'webhook'",
    ),
    (
        "[telegram]\nmode = 'webhook'",
        'telegram: mode = "webhook" lacks an address or a secret; set telegram.webhook_url',
    ),
    ("[telegram]\napi_base = 'localhost'", 'telegram.api_base = "localhost": not a web address; '),
    ("admins = ['42']", 'admins[0] = "42": not an address; write messenger:id'),
    (
        "admins = ['icq:42']",
        'admins[0] = "icq:42": there is no messenger "icq"; it is one of telegram, slack',
    ),
    (
        "[desks.bugs]\nchat = 'telegram:@bugs'",
        'desks.bugs.chat = "telegram:@bugs": Telegram\'s ids are numbers; ',
    ),
    (
        "[desks.bugs]\nchat = 'web:Our Bugs'",
        'desks.bugs.chat = "web:Our Bugs": no name for a chat of the staff page; ',
    ),
    ("[desks.leads]\n", "desks.leads: this name is the leads' own; "),
    ("[desks.'Big Bugs']\n", "desks.Big Bugs: not a desk's name; "),
    (
        "[desks.bugs]\nchat = 'telegram:-1'\n[desks.wishes]\nchat = 'telegram:-1'",
        'desks.wishes.chat = "telegram:-1": desks.bugs.chat has this chat already; ',
    ),
    (
        "[desks.bugs]\nchat = 'telegram:-1'\n[leads]\nchat = 'telegram:-1'",
        'leads.chat = "telegram:-1": desks.bugs.chat has this chat already; ',
    ),
    (
        "[desks.bugs]\nchat = 'web:howto'",
        'desks.bugs.chat = "web:howto": desk howto, where the settings name no chat',
    ),
    (
        "[desks.bugs]\ndefault = true\n[desks.wishes]\ndefault = true",
        'desks.wishes.default = "true": bugs is the default desk already; ',
    ),
    ("[desks.howto]\ndefault = false", 'desks.howto.default = "false": no desk is the default one; '),
    (
        "[desks.bugs]\nmirror = 'some'",
        "desks.bugs.mirror = \"some\": not one of the choices; write 'all' or 'replies'",
    ),
    ("[web]\nport = 70000", "web.port = 70000: too large; write 65535 or less"),
    ("[web]\nport = 'x'", 'web.port = "x": not a whole number; '),
    ("[web]\nenabled = 'perhaps'", 'web.enabled = "perhaps": neither true nor false; '),
    ("web = 1", "web = 1: not a table; "),
    ("[csat]\nenabled = [1]", "csat.enabled = [1]: neither true nor false; "),
    ("locale = 'fr'", 'locale = "fr": no texts in this language; it is one of en, ru'),
    ("[working_hours]\ntimezone = 'Mars/One'", 'working_hours.timezone = "Mars/One": no such time zone; '),
    (
        "[working_hours]\nweekly = {mon = ['10:00-25:00']}",
        "working_hours.weekly.mon = ['10:00-25:00']: not an interval",
    ),
    (
        "[working_hours]\nweekly = {mon = '24h'}",
        'working_hours.weekly.mon = "24h": not a list of intervals; ',
    ),
    (
        "[working_hours]\nweekly = {mon = ['10:00-10:00']}",
        "working_hours.weekly.mon = ['10:00-10:00']: begins and ends",
    ),
    (
        "[working_hours]\nweekly = {mon = ['10:00-12:00', '11:00-13:00']}",
        "working_hours.weekly.mon = ['10:00-12:00', '11:00-13:00']: intervals of one day overlap; ",
    ),
    ("[working_hours]\nweekly = {monday = []}", "working_hours.weekly.monday: there is no such key; perhaps"),
    (
        "[working_hours.holidays]\nclosed = ['31.12.2026']",
        'working_hours.holidays.closed[0] = "31.12.2026": not a date; ',
    ),
    ("[storage]\nurl = 'mysql://me:pass@host/x'", 'storage.url = "mysql://…host/x": not a database; '),
    ("[storage]\nurl = 'sqlite+aiosqlite:///:memory:'", "storage.url = "),
    ("[log]\nlevel = 'loud'", 'log.level = "loud": not one of the choices; '),
]


@pytest.mark.parametrize(("written", "line"), BAD, ids=[line.split(":")[0][:60] for _, line in BAD])
def test_each_fault_is_one_line_that_names_key_value_fault_and_remedy(
    settings_file: Write, written: str, line: str
) -> None:
    settings_file(written)
    found = faults()
    assert len(found) == 1, found
    assert found[0].startswith(line)
    assert "\n" not in found[0]


def test_everything_wrong_is_told_at_once(settings_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    settings_file(
        "locale = 'fr'\n[web]\nport = -1\n[desks.bugs]\nchat='web:x'\n[desks.wishes]\nchat='web:x'\n"
    )
    monkeypatch.setenv("OKNO_TELEGRM__TOKEN", TOKEN)
    found = faults()
    assert [line.split(" ")[0].rstrip(":") for line in found] == [
        "locale",
        "telegrm",
        "web.port",
        "desks.wishes.chat",
    ]


@pytest.mark.parametrize("key", ["telegram.token", "telegram.tokn", "telegrm.token"])
def test_a_secret_is_never_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_" + key.replace(".", "__").upper(), "not a token but secret")
    found = faults()
    assert len(found) == 1
    assert "secret" not in found[0].replace("OKNO_SECRETS_DIR", "")
    assert "OKNO_" in found[0]


def test_secrets_do_not_belong_into_the_repositorys_file(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(f'[telegram]\ntoken = "{TOKEN}"\n')
    found = faults()
    assert found == (
        (
            "telegram.token: a secret doesn't belong into this file; "
            "set OKNO_TELEGRAM__TOKEN, or put it into a secrets directory"
        ),
    )


def test_a_file_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_SETTINGS", "nowhere.toml")
    assert faults() == (
        'OKNO_SETTINGS = "nowhere.toml": can\'t be read (no such file or directory); name a readable file',
    )


def test_a_file_that_is_not_toml(settings_file: Write) -> None:
    settings_file("locale = ru")
    assert "not TOML" in faults()[0]


def test_a_secrets_directory_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_SECRETS_DIR", "nowhere")
    assert faults()[0].startswith('OKNO_SECRETS_DIR = "nowhere": can\'t be read')


def test_a_chat_in_a_messenger_that_is_off(settings_file: Write) -> None:
    settings_file('[desks.bugs]\nchat = "telegram:-1"\n')
    with pytest.raises(BadSettings) as caught:
        load().policy({"web": CAPS["web"]}, {})
    assert caught.value.lines == (
        'desks.bugs.chat = "telegram:-1": telegram is not switched on; set OKNO_TELEGRAM__TOKEN, or take this key out',
    )


@pytest.mark.parametrize(
    ("host", "public", "base"),
    [
        ("127.0.0.1", None, "http://127.0.0.1:99"),
        ("0.0.0.0", None, "http://localhost:99"),
        ("::1", None, "http://[::1]:99"),
        ("0.0.0.0", "https://help.example.org/", "https://help.example.org"),
    ],
)
def test_where_people_reach_the_pages(
    host: str, public: str | None, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKNO_WEB__HOST", host)
    if public:
        monkeypatch.setenv("OKNO_WEB__PUBLIC_URL", public)
    assert load().web_base(99) == base


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("127.0.0.1", "http://127.0.0.1:9"),
        ("0.0.0.0", "http://127.0.0.1:9"),
        ("::", "http://[::1]:9"),
        ("10.0.0.5", "http://10.0.0.5:9"),
    ],
)
def test_where_commands_reach_the_running_okno(host: str, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_WEB__HOST", host)
    assert load().loopback_base(9) == base


def test_what_telegram_is_told(settings_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().telegram_settings() is None
    settings_file(
        '[telegram]\napi_base = "http://127.0.0.1:8081/"\nmode = "webhook"\nwebhook_url = "https://x.example/hook"\n'
        'limits = {chat = "2/1s", chat_burst = 7, group = "40/1m", total = "1000/1s"}\n'
    )
    monkeypatch.setenv("OKNO_TELEGRAM__TOKEN", TOKEN)
    monkeypatch.setenv("OKNO_TELEGRAM__WEBHOOK_SECRET", "s3cret")
    told = load().telegram_settings()
    assert told is not None
    assert (told.token, told.api_base, told.mode) == (TOKEN, "http://127.0.0.1:8081", "webhook")
    assert (told.webhook_url, told.webhook_secret) == ("https://x.example/hook", "s3cret")
    limits = told.limits
    assert (limits.chat, limits.burst, limits.group, limits.total) == (
        Rate(2, 1),
        7,
        Rate(40, 60),
        Rate(1000, 1),
    )


def test_what_the_built_in_messenger_is_told(settings_file: Write) -> None:
    settings_file('[web]\npublic_url = "https://help.example.org/"\nport = 0\nenabled = false\n')
    told = load().web_settings()
    assert (told.public_url, told.port, told.enabled) == ("https://help.example.org", 0, False)


def test_settings_say_no_secret_when_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKNO_TELEGRAM__TOKEN", TOKEN)
    assert "secret_secret" not in repr(load())
    assert isinstance(load(), Settings)

"""The program pointed at the fake Slack."""

from __future__ import annotations

from tests.fakes.slack import SlackFake

FAST = '{channel = "1000/1s"}'


def slack(fake: SlackFake, **desks: str) -> dict[str, str]:
    """Settings that point the program at the fake."""
    chats = {f"OKNO_DESKS__{name.upper()}__CHAT": f"slack:{chat}" for name, chat in desks.items()}
    return {
        "OKNO_SLACK__BOT_TOKEN": fake.bot_token,
        "OKNO_SLACK__APP_TOKEN": fake.app_token,
        "OKNO_SLACK__SIGNING_SECRET": fake.signing_secret,
        "OKNO_SLACK__API_BASE": fake.api_base,
        "OKNO_SLACK__LIMITS": FAST,
        **chats,
    }

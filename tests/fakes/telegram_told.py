"""What Telegram's people send that only words can tell elsewhere: bodies with every field that the Bot API requires.

https://core.telegram.org/bots/api#giftinfo and the types that it names.
"""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]

_STICKER: Body = {
    "file_id": "CAACAgIAAxUAAWgift",
    "file_unique_id": "AgADgift",
    "type": "custom_emoji",
    "width": 512,
    "height": 512,
    "is_animated": True,
    "is_video": False,
    "emoji": "🧸",
    "custom_emoji_id": "5170233102089322756",
    "file_size": 13000,
}
_PHOTO: list[Body] = [{"file_id": "AgACgame", "file_unique_id": "AQADgame", "width": 640, "height": 360}]
_CHANNEL: Body = {"id": -1_001_234_567_890, "type": "channel", "title": "News of the shop"}
_WINNER: Body = {"id": 77, "is_bot": False, "first_name": "Mia", "last_name": "Miller"}
_CHECKLIST: Body = {
    "title": "Before the call",
    "tasks": [
        {
            "id": 1,
            "text": "Restart the router",
            "completed_by_user": _WINNER,
            "completion_date": 1_700_000_000,
        },
        {"id": 2, "text": "Write down the number"},
    ],
}
_CHECKLIST_MESSAGE: Body = {
    "message_id": 3,
    "date": 1_700_000_000,
    "chat": {"id": 77, "type": "private", "first_name": "Mia"},
    "from": _WINNER,
    "checklist": _CHECKLIST,
}

GIFT: Body = {
    "gift": {
        "gift": {
            "id": "5170233102089322756",
            "sticker": _STICKER,
            "star_count": 50,
            "upgrade_star_count": 25,
        },
        "convert_star_count": 42,
        "can_be_upgraded": True,
        "text": "Thanks for the help 👋",
        "entities": [{"type": "bold", "offset": 0, "length": 6}],
    }
}
GIFT_UPGRADE: Body = {"gift_upgrade_sent": GIFT["gift"]}
UNIQUE_GIFT: Body = {
    "unique_gift": {
        "gift": {
            "gift_id": "5170233102089322756",
            "base_name": "Plush Pepe",
            "name": "PlushPepe-123",
            "number": 123,
            "model": {"name": "Amber", "sticker": _STICKER, "rarity_per_mille": 5},
            "symbol": {"name": "Star", "sticker": _STICKER, "rarity_per_mille": 5},
            "backdrop": {
                "name": "Onyx",
                "colors": {"center_color": 1, "edge_color": 2, "symbol_color": 3, "text_color": 4},
                "rarity_per_mille": 12,
            },
        },
        "origin": "transfer",
    }
}
GIVEAWAY: Body = {
    "giveaway": {
        "chats": [_CHANNEL],
        "winners_selection_date": 1_700_100_000,
        "winner_count": 3,
        "has_public_winners": True,
        "prize_description": "Three headsets",
        "prize_star_count": 500,
    }
}
GIVEAWAY_WINNERS: Body = {
    "giveaway_winners": {
        "chat": _CHANNEL,
        "giveaway_message_id": 12,
        "winners_selection_date": 1_700_100_000,
        "winner_count": 1,
        "winners": [_WINNER],
        "prize_description": "A headset",
    }
}
GAME: Body = {"game": {"title": "Blocks", "description": "They fall", "photo": _PHOTO}}
INVOICE: Body = {
    "invoice": {
        "title": "Subscription",
        "description": "One year of it",
        "start_parameter": "year",
        "currency": "EUR",
        "total_amount": 9900,
    }
}
PAID_MEDIA: Body = {
    "paid_media": {
        "star_count": 25,
        "paid_media": [
            {"type": "preview", "width": 640, "height": 480, "duration": 5},
            {"type": "photo", "photo": _PHOTO},
        ],
    }
}
STORY: Body = {"story": {"chat": {"id": 77, "type": "private", "first_name": "Mia"}, "id": 5}}
CHECKLIST: Body = {"checklist": _CHECKLIST}
TASKS_DONE: Body = {
    "checklist_tasks_done": {
        "checklist_message": _CHECKLIST_MESSAGE,
        "marked_as_done_task_ids": [2],
        "marked_as_not_done_task_ids": [1],
    }
}
TASKS_ADDED: Body = {
    "checklist_tasks_added": {
        "checklist_message": _CHECKLIST_MESSAGE,
        "tasks": [{"id": 3, "text": "Have the contract at hand"}],
    }
}

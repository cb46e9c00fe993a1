"""Telegram, by the Bot API. Nothing outside this folder knows aiogram."""

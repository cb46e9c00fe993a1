"""The least that a relaying bot can be: aiogram's own polling, a topic per customer, nothing stored anywhere.

What Okno is measured against. It loses what it holds when it is stopped, and order under load; Okno may not.
"""

from __future__ import annotations

import asyncio
import sys

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message


async def main(token: str, base: str, desk: int) -> None:
    """Copy each private message into its customer's topic."""
    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(base)))
    dispatcher = Dispatcher()
    topics: dict[int, asyncio.Task[int]] = {}

    async def make(name: str) -> int:
        return (await bot.create_forum_topic(desk, name)).message_thread_id

    @dispatcher.message()
    async def relay(message: Message) -> None:
        if message.chat.type != "private":
            return
        if message.chat.id not in topics:
            topics[message.chat.id] = asyncio.create_task(make(message.chat.full_name))
        topic = await topics[message.chat.id]
        await bot.copy_message(desk, message.chat.id, message.message_id, message_thread_id=topic)

    await dispatcher.start_polling(bot)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

"""The built-in messenger's own platform: people, chats, threads, messages, files in tables of their own.

Nothing here knows tickets, and nothing else reads or writes the `web_*` tables. `records` are the shapes; `people`
signs in; `chats` gives out sequence numbers; `messages` writes; `reading` reads; `files` keeps bytes; `erasing` takes
people out.
"""

from storage.webchat.people import first_link, invite

__all__ = ["first_link", "invite"]

"""What the built-in messenger is told, and the bounds it keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebSettings:
    """The settings under `web.`. `public_url` is the address behind a proxy, without a slash at its end."""

    enabled: bool = True
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = ""
    embed_origins: tuple[str, ...] = ()
    identity_secret: str = ""


@dataclass(frozen=True, slots=True)
class WebLimits:
    """How much one person, or one address, may ask for. Sizes in bytes, text in UTF-16 units, times in seconds."""

    text: int = 16_000
    upload: int = 50 * 1024 * 1024
    upload_time: float = 900.0
    uploads_at_once: int = 4
    album: int = 10
    changes: tuple[int, float] = (30, 10.0)
    """Messages, edits, reactions and presses of one person."""
    changes_per_address: tuple[int, float] = (300, 10.0)
    customers_per_address: tuple[int, float] = (120, 600.0)
    """Customers that were not seen since the start: nobody fills the desks with made-up ones."""
    uploads: tuple[int, float] = (60, 60.0)
    sign_ins_per_address: tuple[int, float] = (10, 60.0)
    identities_per_address: tuple[int, float] = (600, 60.0)
    """A whole office behind one address, whose product's pages each say who is looking; a signature isn't guessed."""
    sockets_per_person: int = 12
    sockets_per_address: int = 100
    page: int = 50
    """Messages a page of history."""
    threads: int = 40
    """Threads a page of the list."""
    catch_up: int = 200
    """Changes read at once for a browser that comes back."""
    too_far_behind: int = 2_000
    """More missed changes than this: the browser reads the lists anew instead."""


REACTIONS = ("👍", "❤️", "😂", "🎉", "🙏", "👀")
"""What people can react with on the pages."""

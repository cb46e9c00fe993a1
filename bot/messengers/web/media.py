"""What a browser is shown of a file by itself, and how a chat shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.messages import AttachmentKind

INLINE = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "video/mp4",
        "video/quicktime",
        "video/webm",
        "audio/mpeg",
        "audio/ogg",
        "audio/mp4",
        "audio/wav",
        "audio/flac",
        "application/pdf",
    }
)
"""Types that a browser may show by itself; everything else is only ever saved."""

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Those of which chats show a preview."""


def kind_of(mime: str) -> AttachmentKind:
    """How a file of a checked type is shown in a chat."""
    if mime == "image/gif":
        return "animation"
    family = mime.split("/", 1)[0]
    if mime in INLINE and family in ("image", "audio", "video"):
        return "photo" if family == "image" else "audio" if family == "audio" else "video"
    return "document"

"""Media of the fake Telegram: what a message's body says of a photo, a file, a place, a poll."""

from __future__ import annotations

from bot.messengers.telegram.library import api
from tests.fakes.telegram_requests import Call, Method, Upload
from tests.fakes.telegram_world import Json, Loose, StoredFile, World, bad

MAX_UPLOAD = 50 * 1024 * 1024
MAX_PHOTO = 10 * 1024 * 1024

MEDIA_KINDS: dict[str, type[Method]] = {
    "photo": api.SendPhoto,
    "document": api.SendDocument,
    "animation": api.SendAnimation,
    "audio": api.SendAudio,
    "voice": api.SendVoice,
    "video": api.SendVideo,
    "video_note": api.SendVideoNote,
    "sticker": api.SendSticker,
}
_KIND_OF = {cls: kind for kind, cls in MEDIA_KINDS.items()}
_TIMED = frozenset({"animation", "audio", "voice", "video", "video_note"})
_SIZED = frozenset({"animation", "video", "sticker"})
_NAMED = frozenset({"document", "animation", "audio", "video"})


def media_body(file: StoredFile, **more: Loose) -> Json:
    """The part of a message's body that shows a file."""
    kind = file.kind
    shown: Json = {"file_id": file.id, "file_unique_id": f"u-{file.id}", "file_size": file.size}
    if kind == "photo":
        small = {"file_id": f"{file.id}-s", "file_unique_id": f"u-{file.id}-s", "width": 90, "height": 60}
        return {"photo": [small, shown | {"width": 1280, "height": 853}]}
    if kind in _TIMED:
        shown["duration"] = more.get("duration") or 3
    if kind in _SIZED:
        shown |= {"width": more.get("width") or 512, "height": more.get("height") or 512}
    if kind == "video_note":
        shown["length"] = more.get("length") or 240
    if kind == "sticker":
        shown |= {
            "type": "regular",
            "is_animated": False,
            "is_video": False,
            "emoji": more.get("emoji") or "🙂",
        }
    if kind in _NAMED and file.name:
        shown["file_name"] = file.name
    if kind != "sticker" and file.mime:
        shown["mime_type"] = file.mime
    if kind == "audio":
        shown |= {k: more[k] for k in ("title", "performer") if more.get(k)}
    body = {kind: shown}
    return body | {"document": dict(shown)} if kind == "animation" else body


def poll_body(number: int, question: str, options: list[str], kind: str = "regular") -> Json:
    """A poll nobody voted in."""
    return {
        "poll": {
            "id": str(number),
            "question": question,
            "options": [
                {"text": text, "voter_count": 0, "persistent_id": f"{number}-{i}"}
                for i, text in enumerate(options)
            ],
            "total_voter_count": 0,
            "is_closed": False,
            "is_anonymous": True,
            "type": kind,
            "allows_multiple_answers": False,
            "allows_revoting": True,
            "members_only": False,
        }
    }


class Media:
    """Makes bodies of what methods send; keeps uploaded files."""

    def __init__(self, world: World) -> None:
        self.world = world

    def of_method(self, call: Call, method: Loose) -> Json:
        """What sendPhoto and its like send."""
        kind = _KIND_OF[type(method)]
        given = method.model_dump(exclude_unset=True, warnings=False)
        file = self._file(call, kind, given[kind])
        body = media_body(file, **given)
        if given.get("has_spoiler"):
            body["has_media_spoiler"] = True
        return body

    def of_input(self, call: Call, item: Loose) -> Json:
        """What an album's item, or editMessageMedia, sends."""
        given = item.model_dump(exclude_unset=True, warnings=False)
        body = media_body(self._file(call, str(item.type), given["media"]), **given)
        if given.get("has_spoiler"):
            body["has_media_spoiler"] = True
        return body

    def _file(self, call: Call, kind: str, given: str) -> StoredFile:
        if given.startswith("attach://"):
            upload = call.uploads.get(given.removeprefix("attach://"))
            if upload is None:
                raise bad("there is no file in the request")
            return self._kept(kind, upload)
        known = self.world.files.get(given)
        if known is None:
            raise bad("wrong file identifier/HTTP URL specified")
        if known.kind != kind and not (known.kind == "document" and kind == "animation"):
            raise bad(f"can't use file of type {known.kind.title()} as {kind.title()}")
        return known

    def _kept(self, kind: str, upload: Upload) -> StoredFile:
        if not upload.content:
            raise bad("file must be non-empty")
        if len(upload.content) > (MAX_PHOTO if kind == "photo" else MAX_UPLOAD):
            raise bad("file is too big")
        return self.world.keep_file(kind, upload.content, upload.name, upload.mime)

    def simple(self, method: Loose) -> Json:
        """What the methods without files send."""
        if isinstance(method, api.SendPoll):
            options = [o if isinstance(o, str) else o.text for o in method.options]
            if not 1 <= len(options) <= 12:
                raise bad("poll must have 1-12 answer options")
            kind = method.type if isinstance(method.type, str) else "regular"
            return poll_body(self.world.number(), method.question, options, kind)
        if isinstance(method, api.SendContact):
            contact = {"phone_number": method.phone_number, "first_name": method.first_name}
            return {"contact": contact | ({"last_name": method.last_name} if method.last_name else {})}
        if isinstance(method, api.SendDice):
            return {"dice": {"emoji": method.emoji or "🎲", "value": 4}}
        location = {"latitude": method.latitude, "longitude": method.longitude}
        if not (-90 <= method.latitude <= 90 and -180 <= method.longitude <= 180):
            raise bad("wrong location specified")
        if isinstance(method, api.SendVenue):
            return {
                "location": location,
                "venue": {"location": location, "title": method.title, "address": method.address},
            }
        if method.live_period:
            if not (60 <= method.live_period <= 86400 or method.live_period == 0x7FFFFFFF):
                raise bad("wrong live_period specified")
            location["live_period"] = method.live_period
        return {"location": location}

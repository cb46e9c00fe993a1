"""What to ask of Telegram for a message to send: pure, no network.

A message that came from Telegram is copied natively, so that nothing of it is lost; where its words must change
(a header, a mention that would ping) or the original is gone, it is sent again from what is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bot.messengers.telegram import ids
from bot.messengers.telegram.entities import message_entities
from bot.messengers.telegram.library import api, types
from bot.messengers.telegram.settings import NAME
from bot.messengers.telegram.upload import MAX_UPLOAD, SpooledFile
from domain.names import shows
from domain.richtext import RichText, plain, silence_mentions, split, utf16_length

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aiogram.methods import TelegramMethod

    from bot.messengers.contract import Carried
    from domain.messages import Attachment, Content, Location
    from domain.requests import Buttons, Edit, Send

    Uploads = Mapping[str, Carried]
    """Files of another messenger that lie ready, by their references."""

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_ALBUM = 10
MAX_QUOTE = 1024
MIN_LIVE = 60
"""The shortest time for which a location can move, in seconds."""

_QUOTED = frozenset({"bold", "italic", "underline", "strike", "spoiler"})

CAPTIONED = frozenset({"photo", "document", "animation", "audio", "voice", "video"})

NO_PREVIEW = types.LinkPreviewOptions(is_disabled=True)
_FULL_WIDTH_AT = "＠"
NOTHING = "…"

_SENDING: dict[str, type[TelegramMethod[Any]]] = {
    "photo": api.SendPhoto,
    "document": api.SendDocument,
    "animation": api.SendAnimation,
    "audio": api.SendAudio,
    "voice": api.SendVoice,
    "video": api.SendVideo,
    "video_note": api.SendVideoNote,
    "sticker": api.SendSticker,
}
_ITEMS: dict[str, type[Any]] = {
    "photo": types.InputMediaPhoto,
    "video": types.InputMediaVideo,
    "document": types.InputMediaDocument,
    "audio": types.InputMediaAudio,
    "animation": types.InputMediaAnimation,
}
REPLACEABLE = frozenset(_ITEMS)
"""The kinds that can take the place of another: https://core.telegram.org/bots/api#editmessagemedia"""

_MEASURES = {
    "animation": ("width", "height", "duration"),
    "video": ("width", "height", "duration"),
    "audio": ("duration",),
    "voice": ("duration",),
    "video_note": ("duration",),
}
_SPOILERS = frozenset({"photo", "video", "animation"})


@dataclass(frozen=True, slots=True)
class Step:
    """One call of several that a message takes; `counted`: its results are the message's references."""

    method: TelegramMethod[Any]
    counted: bool = True


def native_copy(request: Send) -> TelegramMethod[Any] | None:
    """The call that copies the original; None when it must be sent again from what is stored."""
    if request.original is None or len(request.original.refs) != len(request.contents):
        return None
    if not all(content.copyable for content in request.contents):
        return None
    numbers = [ids.message_id(ref) for ref in request.original.refs]
    if len(numbers) > 1:
        return _album_copy(request, request.original.chat, numbers)
    content = request.contents[0]
    words = worded(content, request.header, quiet=request.quiet_mentions)
    where = _where(request) | {"from_chat_id": request.original.chat, "message_id": numbers[0]}
    if words == content.text or content.kind not in CAPTIONED | {"text", "checklist"}:
        return api.CopyMessage(**where)
    if content.kind == "checklist" and words.text == content.label:  # no header, and nobody is mentioned
        return api.CopyMessage(**where)
    if content.kind not in CAPTIONED or utf16_length(words.text) > MAX_CAPTION:
        return None
    return api.CopyMessage(**where, caption=words.text, caption_entities=message_entities(words))


def _album_copy(request: Send, chat: str, numbers: list[int]) -> TelegramMethod[Any] | None:
    """copyMessages can neither change a caption nor answer a message, and wants growing numbers."""
    changes = any(
        worded(content, None, quiet=request.quiet_mentions) != content.text for content in request.contents
    )
    if changes or request.header or request.reply_to or any(a >= b for a, b in pairwise(numbers)):
        return None
    return api.CopyMessages(**_place(request), from_chat_id=chat, message_ids=numbers)


def stored_steps(request: Send, uploads: Uploads) -> list[Step]:
    """The calls that send the message from what is stored, one where that can be. Nothing of it is lost."""
    steps: list[Step] = []
    tails: list[RichText] = []
    header = request.header
    for group in _groups(request.contents, uploaded=request.source != NAME):
        pieces = []
        for content in group:
            head, *rest = _pieces(request, content, header)
            header = None
            pieces.append((content, head))
            tails += rest
        steps.append(Step(_group_method(request, pieces, uploads)))
    steps += [Step(_text_method(request, tail), counted=False) for tail in tails]
    _dress(request, steps)
    return steps


def _dress(request: Send, steps: list[Step]) -> None:
    """The first step answers, the last bears the buttons."""
    if request.reply_to is not None:
        first = steps[0]
        steps[0] = replace(first, method=first.method.model_copy(update=_reply(request)))
    if request.buttons and not isinstance(steps[-1].method, api.SendMediaGroup):
        last = steps[-1]
        markup = {"reply_markup": keyboard(request.buttons)}
        steps[-1] = replace(last, method=last.method.model_copy(update=markup))


def _groups(contents: tuple[Content, ...], *, uploaded: bool) -> Iterator[list[Content]]:
    """Contents that go out together: albums of pictures, of documents or of audio; anything else alone.

    What is uploaded in one request may not be larger than a file may be.
    """
    group: list[Content] = []
    size = 0
    for content in contents:
        own = sum(file.size or 0 for file in content.files) if uploaded else 0
        full = len(group) == MAX_ALBUM or size + own > MAX_UPLOAD
        if group and (full or _album_kind(content) != _album_kind(group[0])):
            yield group
            group, size = [], 0
        group.append(content)
        size += own
        if not _album_kind(content):
            yield group
            group = []
    if group:
        yield group


def _album_kind(content: Content) -> str:
    """What the content may stand beside in an album; empty when it stands alone."""
    kind = content.files[0].kind if content.files else ""
    if kind in ("photo", "video"):
        return "visual"
    return kind if kind in ("document", "audio") else ""


def _pieces(request: Send, content: Content, header: RichText | None) -> list[RichText]:
    """The text cut into what the first call carries and what must follow."""
    if _captionless(content):
        own = RichText() if content.text.text == content.label else content.text
        beside = worded(replace(content, text=own, label=""), header, quiet=request.quiet_mentions)
        return [RichText(), *(split(beside, MAX_TEXT) if beside else ())]
    words = worded(content, header, quiet=request.quiet_mentions)
    head = split(words, MAX_CAPTION if content.files else MAX_TEXT)[0]
    rest = words.slice(len(head.text), len(words.text))
    return [head, *(split(rest, MAX_TEXT) if rest else ())]


def _captionless(content: Content) -> bool:
    """Whether a call shows the content without words."""
    if content.files:
        return content.files[0].kind not in CAPTIONED
    return content.location is not None or content.contact is not None


def worded(content: Content, header: RichText | None, *, quiet: bool) -> RichText:
    """Header and text, pinging nobody when `quiet`. Where there is neither text nor file, the label stands in."""
    text = content.text
    if not text and not content.files:
        text = plain(content.label)
    if header is not None:
        text = header + text
    if not quiet or not (text.spans or "@" in text.text):
        return text
    silent = silence_mentions(text)
    limit = MAX_CAPTION if content.files else MAX_TEXT
    if utf16_length(silent.text) > limit >= utf16_length(text.text):
        return silence_mentions(replace(text, text=text.text.replace("@", _FULL_WIDTH_AT)))
    return silent


def _group_method(
    request: Send, pieces: list[tuple[Content, RichText]], uploads: Uploads
) -> TelegramMethod[Any]:
    if len(pieces) > 1:
        media = [album_item(content, words, request.source, uploads) for content, words in pieces]
        return api.SendMediaGroup(**_place(request), media=media)
    content, words = pieces[0]
    if content.files:
        return _file_method(request, content.files[0], words, uploads)
    if content.location is not None:
        return _point_method(request, content.location)
    if content.contact is not None:
        first, _, last = content.contact.name.partition(" ")
        return api.SendContact(
            **_place(request),
            phone_number=content.contact.phone,
            first_name=first or "–",
            last_name=last or None,
        )
    return _text_method(request, words)


def _text_method(request: Send, words: RichText) -> TelegramMethod[Any]:
    more: dict[str, Any] = {"entities": message_entities(words)} if words.spans else {}
    if request.quiet_mentions:
        more["link_preview_options"] = NO_PREVIEW
    if not shows(words.text):  # Telegram takes no message of which nothing is to be seen
        return api.SendMessage(**_place(request), text=NOTHING, **more | {"entities": None})
    return api.SendMessage(**_place(request), text=words.text, **more)


def _point_method(request: Send, point: Location) -> TelegramMethod[Any]:
    where = _place(request) | {"latitude": point.latitude, "longitude": point.longitude}
    if point.live:
        return api.SendLocation(**where, live_period=max(point.live, MIN_LIVE))
    if not point.title:
        return api.SendLocation(**where)
    return api.SendVenue(**where, title=point.title, address=point.address or point.title)


def _file_method(request: Send, file: Attachment, words: RichText, uploads: Uploads) -> TelegramMethod[Any]:
    given: dict[str, Any] = _place(request)
    kind = file.kind
    given |= {name: size for name in _MEASURES.get(kind, ()) if (size := getattr(file, name)) is not None}
    given[kind] = file_input(file, request.source, uploads)
    if kind in _SPOILERS and file.spoiler:
        given["has_spoiler"] = True
    if kind in CAPTIONED and words:
        given |= {"caption": words.text, "caption_entities": message_entities(words)}
    if kind == "document" and request.source != NAME:
        given["disable_content_type_detection"] = True  # what isn't what it claims to be is only to be saved
    if kind == "video" and request.source != NAME:
        given["supports_streaming"] = True
    return _SENDING[kind](**given)


def album_item(content: Content, words: RichText, source: str, uploads: Uploads) -> Any:
    """An album's item, also what editMessageMedia takes."""
    file = content.files[0]
    given: dict[str, Any] = {"type": file.kind, "media": file_input(file, source, uploads)}
    if words:
        given |= {"caption": words.text, "caption_entities": message_entities(words)}
    if file.kind in _SPOILERS and file.spoiler:
        given["has_spoiler"] = True
    if file.kind == "document" and source != NAME:
        given["disable_content_type_detection"] = True
    return _ITEMS[file.kind](**given)


def file_input(file: Attachment, source: str, uploads: Uploads) -> str | SpooledFile:
    """A file of Telegram's own by its id, any other by its bytes."""
    return ids.file_id(file.ref) if source == NAME else SpooledFile(uploads[file.ref])


def keyboard(buttons: Buttons) -> types.InlineKeyboardMarkup:
    """Buttons as Telegram shows them under a message."""
    return types.InlineKeyboardMarkup(
        inline_keyboard=[
            [types.InlineKeyboardButton(text=b.label, callback_data=b.data) for b in row] for row in buttons
        ]
    )


def _place(request: Send | Edit) -> dict[str, Any]:
    place: dict[str, Any] = {"chat_id": request.chat}
    if request.thread is not None:
        place["message_thread_id"] = int(request.thread)
    return place


def _where(request: Send) -> dict[str, Any]:
    """All that says where a single message goes."""
    where = _place(request)
    if request.reply_to is not None:
        where |= _reply(request)
    if request.buttons:
        where["reply_markup"] = keyboard(request.buttons)
    return where


def _reply(request: Send) -> dict[str, Any]:
    """Answering a message or a part of it; when it is gone, the answer goes out all the same.

    A quote must be an exact part of it with its formatting, but for what quotes can't have
    (https://core.telegram.org/bots/api#replyparameters).
    """
    given: dict[str, Any] = {
        "message_id": ids.message_id(request.reply_to or ""),
        "allow_sending_without_reply": True,
    }
    quote = request.quote
    if quote is not None and 0 < utf16_length(quote.text) <= MAX_QUOTE:
        kept = RichText(quote.text, tuple(s for s in quote.spans if s.kind in _QUOTED))
        given |= {"quote": quote.text} | ({"quote_entities": message_entities(kept)} if kept.spans else {})
    return {"reply_parameters": types.ReplyParameters(**given)}

"""What people send and do, one row each: how it is done, and what must be there on the other side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from domain.richtext import RichText, plain
from tests.fakes import telegram_told
from tests.fidelity.case import (
    ARRIVED,
    Case,
    Missing,
    as_album,
    as_file,
    as_kind,
    as_text,
    clean,
    copy_of,
)
from tests.fidelity.things import File, Lacks, Seen, Thing, file, media, words

Run = Callable[[Case], Awaitable[str]]


@dataclass(frozen=True)
class Row:
    """`only`: the direction in which it means something."""

    title: str
    run: Run
    only: str = ""


def _text(text: Callable[[], RichText]) -> Run:
    return lambda case: case.sent(Thing(text=text()), as_text)


def _file(kind: str, caption: str = "") -> Run:
    return lambda case: case.sent(media(kind, caption), as_file)


def _kind(kind: str, body: dict[str, Any], *says: str) -> Run:
    return lambda case: case.sent(Thing(kind, body={kind: body}, says=says), as_kind)


def _told(body: dict[str, Any], *says: str) -> Run:
    """A kind that words can tell as a whole, so that nobody is asked to send it in another way."""

    async def run(case: Case) -> str:
        thing = Thing(next(iter(body)), body=body, says=says)
        before = {m.ref for m in await case.src.sees()}
        shown = await case.sent(thing, as_kind)
        await case.passed(Thing(text=words("Written after it")))
        if any(not m.mine for m in await case.src.sees() if m.ref not in before):
            raise Missing("the customer is told something")
        return shown

    return run


def _nested() -> RichText:
    return words(
        "👋🏽 Bold and italic, struck 👨\u200d👩\u200d👧 end",
        ("bold", "Bold and italic"),
        ("italic", "italic"),
        ("strike", "struck 👨\u200d👩\u200d👧"),
    )


async def _long(case: Case) -> str:
    """As long as this side's people can write."""
    length = 4096 if case.src.name == "telegram" else 3900 if case.src.name == "slack" else 10_000
    start = words("Long").text
    text = start + " " + "Some words in a row. " * 1000
    return await case.sent(Thing(text=plain(text[: length - 1] + "!")), as_text)


async def _custom_emoji(case: Case) -> str:
    if case.src.name == "web":
        raise Lacks("people write plain text on the pages", "web.md")
    if case.src.name == "slack":
        return await case.sent(Thing(text=words("Hi :party_parrot: there")), as_text)
    text = words("Hi 😎 there").text
    entity = {"type": "custom_emoji", "offset": 3, "length": 2, "custom_emoji_id": "5368324170671202286"}
    sent = Thing(text=plain(text), body={"text": text, "entities": [entity]})
    return await case.sent(sent, as_text)


async def _long_caption(case: Case) -> str:
    if case.src.name == "telegram":
        raise Lacks("captions end at 1,024 characters", "https://core.telegram.org/bots/api#sendphoto")
    thing = media("photo").saying(words("A long caption").text + ". Words of a caption" * 100)
    return await case.sent(thing, as_file)


async def _album(case: Case) -> str:
    files = tuple(file(kind) for kind in ("photo", "video", "photo"))
    return await case.sent(Thing("album", words("Three of them"), files), as_album)


async def _full_album(case: Case) -> str:
    files = tuple(file("photo") for _ in range(10))
    return await case.sent(Thing("album", words("Ten of them"), files), as_album)


async def _mixed_album(case: Case) -> str:
    if case.src.name == "telegram":
        raise Lacks("files stand beside files alone", "https://core.telegram.org/bots/api#sendmediagroup")
    files = tuple(file(kind) for kind in ("photo", "document", "audio"))
    return await case.sent(Thing("album", words("Of all kinds"), files), as_album)


async def _documents(case: Case) -> str:
    files = tuple(file("document") for _ in range(2))
    return await case.sent(Thing("album", words("Two files"), files), as_album)


async def _sticker(case: Case) -> str:
    return await case.sent(replace(media("sticker"), says=("Sticker",)), as_file)


_POINT = {"latitude": 55.751244, "longitude": 37.618423}


async def _live(case: Case) -> str:
    """A location that moves on, and then stops."""
    body = {"location": _POINT | {"live_period": 900}}
    sent = Thing("location", body=body, says=("55.751244", "37.618423"))
    before = {m.ref for m in await case.dst.sees()}
    refs = await case.src.post(sent)
    shown = await case.when(lambda seen: as_kind(sent, [m for m in seen if m.ref not in before]))
    for moved in (
        {"live_period": 900, "latitude": 55.75, "longitude": 37.5},
        {"latitude": 55.5, "longitude": 37.25},
    ):
        says = (f"{moved['latitude']:.6f}", f"{moved['longitude']:.6f}")
        now = Thing("location", body={"location": moved}, says=says)
        await case.src.edit(refs[0], now)
        await case.when(_is_now(now, before))
    return f"{shown}, moving on"


def _is_now(thing: Thing, before: set[str]) -> Callable[[list[Seen]], str | None]:
    return lambda seen: as_kind(thing, [m for m in seen if m.ref not in before])


async def _forwarded(case: Case) -> str:
    thing = Thing(text=words("Words of somebody else"), forwarded="Mia Miller")

    def form(thing: Thing, new: list[Seen]) -> str | None:
        found = copy_of(thing, new)
        return ARRIVED if found and thing.forwarded in found.text.text else None

    return await case.sent(thing, form)


async def _kept_inside(case: Case) -> str:
    """An agent's forward stays inside: what is written after it arrives, it doesn't."""
    thing = Thing(text=words("Words of a colleague"), forwarded="Mia Miller")
    before = {m.ref for m in await case.dst.sees()}
    await case.src.post(thing)
    await case.passed(Thing(text=words("Written after it")))
    new = [m for m in await case.dst.sees() if m.ref not in before]
    if any(thing.text.text in m.text.text for m in new):
        raise Missing("it went to the customer")
    return "stays inside"


def _stated(kind: str, body: dict[str, Any], *says: str) -> Run:
    """What can't be had is named in the desk, and the customer is told."""

    async def run(case: Case) -> str:
        if not case.to_desk:
            return await case.sent(Thing(kind, body=body, says=says), as_kind)
        before = {m.ref for m in await case.src.sees()}
        shown = await case.sent(Thing(kind, body=body, says=says), as_kind)
        told = "We can't receive this kind here; please send text or a screenshot."
        await case.when(lambda seen: any(m.text.text == told for m in seen if m.ref not in before), case.src)
        return f"{shown}; the customer is told"

    return run


async def _story(case: Case) -> str:
    """Copied natively; elsewhere it is named, and the customer is told that it isn't seen."""
    if case.to_desk and case.src.name == "telegram" != case.dst.name:
        return await _stated("story", telegram_told.STORY, "Mia")(case)
    return await case.sent(Thing("story", body=telegram_told.STORY, says=("Mia",)), as_kind)


async def _reply_own(case: Case) -> str:
    ref, copy = await case.passed(Thing(text=words("What is answered")))
    return await _replied(case, ref, lambda: copy)


async def _reply_other(case: Case) -> str:
    ref, copy = await case.back.passed(Thing(text=words("What the other side asked")))
    return await _replied(case, copy.ref, lambda: Seen(ref, "text", copy.text))


async def _replied(case: Case, answers: str, target: Callable[[], Seen]) -> str:
    thing = Thing(text=words("The answer"))
    await case.src.post(thing, answers=answers)
    found = await case.when(lambda seen: copy_of(thing, seen))
    if found.reply_to == target().ref:
        return ARRIVED
    quoted = [s for s in found.text.spans if s.kind == "quote"]
    if quoted and clean(found.text.slice(quoted[0].start, quoted[0].end)) in clean(target().text):
        return "as a quote above it"
    raise Missing(f"answers {found.reply_to!r}, not {target().ref!r}")


async def _quote(case: Case) -> str:
    asked = Thing(text=words("First this. Then that. At last this."))
    ref, copy = await case.back.passed(asked)
    thing = Thing(text=words("About a part of it"))
    await case.src.post(thing, answers=copy.ref, quote="Then that.")
    found = await case.when(lambda seen: copy_of(thing, seen))
    if found.reply_to == ref and found.quote == "Then that.":
        return ARRIVED
    quoted = [s for s in found.text.spans if s.kind == "quote"]
    if quoted and clean(found.text.slice(quoted[0].start, quoted[0].end)) == "Then that.":
        return "as a quote above it"
    raise Missing(f"quotes {found.quote!r} of {found.reply_to!r}")


async def _edit(case: Case) -> str:
    ref, copy = await case.passed(Thing(text=words("With a mistake")))
    after = Thing(text=words("Without a mistake"))
    await case.src.edit(ref, after)
    found = await case.when(lambda seen: copy_of(after, seen))
    return _in_place(found, copy)


def _in_place(found: Seen, copy: Seen) -> str:
    if found.ref == copy.ref:
        return ARRIVED
    if found.reply_to == copy.ref:
        return "as a correction that answers it"
    if any(s.kind == "link" and copy.ref.replace(".", "") in (s.value or "") for s in found.text.spans):
        return "as a correction that links to it"
    raise Missing("a message of its own")


async def _edit_caption(case: Case) -> str:
    thing = media("photo", "With a mistake")
    ref, copy = await case.passed(thing)
    after = thing.saying(words("Without a mistake"))
    await case.src.edit(ref, after)
    found = await case.when(lambda seen: copy_of(after, seen))
    return _in_place(found, copy)


async def _edit_media(case: Case) -> str:
    thing = media("photo", "The wrong picture")
    ref, copy = await case.passed(thing)
    after = Thing("other file", thing.text, (file("photo"),))
    await case.src.edit(ref, after)
    found = await case.when(
        lambda seen: next((m for m in seen if after.files[0].content in m.files and not m.mine), None)
    )
    return _in_place(found, copy)


async def _edit_refused(case: Case) -> str:
    ref, copy = await case.passed(Thing(text=words("An old mistake")))
    case.dst.freeze(copy.ref)
    after = Thing(text=words("An old mistake, corrected"))
    await case.src.edit(ref, after)
    found = await case.when(lambda seen: copy_of(after, seen))
    return _in_place(found, copy)


async def _delete(case: Case) -> str:
    """What an agent deletes is gone; what a customer deletes stays in the desk, marked."""
    thing = Thing(text=words("Said too much"))
    ref, copy = await case.passed(thing)
    await case.src.delete(ref)
    if not case.to_desk:
        return await _gone(case, copy)

    def marked(seen: list[Seen]) -> bool:
        shown = next((m for m in seen if m.ref == copy.ref), None)
        return (
            shown is not None
            and "Deleted by the customer" in shown.text.text
            and thing.text.text in shown.text.text
        )

    await case.when(marked)
    return "stays, marked “Deleted by the customer”"


async def _gone(case: Case, copy: Seen) -> str:
    await case.when(lambda seen: all(m.ref != copy.ref for m in seen))
    return ARRIVED


async def _delete_late(case: Case) -> str:
    thing = Thing(text=words("Said too much long ago"))
    ref, copy = await case.passed(thing)
    before = {m.ref for m in await case.src.sees()}
    case.dst.age(copy.ref)
    await _take_back(case, ref)

    def end(seen: list[Seen]) -> str | None:
        return next((m.text.text for m in seen if m.ref not in before and "48 hours" in m.text.text), None)

    if case.dst.name != "telegram":
        return await _gone(case, copy)
    await case.when(end, case.src)
    return "the agent is told that it is too late"


async def _del(case: Case) -> str:
    ref, copy = await case.passed(Thing(text=words("Taken back")))
    await _take_back(case, ref)
    return await _gone(case, copy)


async def _take_back(case: Case, ref: str) -> None:
    command = Thing(text=plain(f"{case.src.sign}del"))
    try:
        await case.src.post(command, answers=ref)
    except Lacks:
        await case.src.post(command)


async def _reaction(case: Case) -> str:
    ref, copy = await case.back.passed(Thing(text=words("Liked or not")))
    await case.src.react(copy.ref, "👍")
    await _shows(case, ref, ("👍",))
    await case.src.react(copy.ref, None)
    await _shows(case, ref, ())
    return ARRIVED


async def _shows(case: Case, ref: str, reactions: tuple[str, ...]) -> None:
    await case.when(lambda seen: any(m.ref == ref and m.reactions == reactions for m in seen))


async def _reactions(case: Case) -> str:
    """The newest of several people's shows, and when that is taken away, the one before."""
    ref, copy = await case.back.passed(Thing(text=words("Liked by several")))
    await case.src.react(copy.ref, "👍", 0)
    await _shows(case, ref, ("👍",))
    await case.src.react(copy.ref, "🎉", 1)
    await _shows(case, ref, ("🎉",))
    await case.src.react(copy.ref, None, 1)
    await _shows(case, ref, ("👍",))
    return "the newest shows"


_ONLY_PAGES = "only the program's own pages show it to customers"


async def _typing(case: Case) -> str:
    before = case.dst.typings()
    await case.src.type()
    await case.when(lambda _: case.dst.typings() > before)
    return ARRIVED


async def _seen(case: Case) -> str:
    ref, copy = await case.back.passed(Thing(text=words("Read or not")))
    if not case.to_desk and case.src.name == "web" != case.dst.name:
        return _ONLY_PAGES
    await case.src.read(copy.ref)
    await case.when(lambda seen: any(m.ref == ref and m.mark == "seen" for m in seen))
    return ARRIVED


async def _delivered(case: Case) -> str:
    """Whoever wrote it sees that it arrived."""
    ref, _ = await case.passed(Thing(text=words("Arrived or not")))
    if case.to_desk and case.src.name != "web":
        return _ONLY_PAGES
    await case.when(lambda seen: any(m.ref == ref and m.mark == "delivered" for m in seen), case.src)
    return ARRIVED


async def _order(case: Case) -> str:
    big = Thing("document", words("A large file"), (file("document", 3_000_000),))
    after = Thing(text=words("And this comes after it"))
    await case.src.post(big)
    await case.src.post(after)
    await case.when(lambda seen: copy_of(after, seen))
    seen = await case.dst.sees()
    first, second = copy_of(big, seen), copy_of(after, seen)
    if first is None or second is None or seen.index(first) > seen.index(second):
        raise Missing("the text overtook the file")
    return ARRIVED


async def _mislabelled(case: Case) -> str:
    """A program that says it is a picture; Telegram's own people can send such a thing as a file alone."""
    kind = "document" if case.src.name == "telegram" else "photo"
    lying = File(kind, "shot.png", "image/png", b"MZ\x90\0" + file("document").content)
    return await case.sent(Thing("document", words("A picture"), (lying,)), as_file)


async def _too_large(case: Case) -> str:
    """More than the program is told to carry; what goes no such way arrives as it is."""
    big = Thing("document", words("A very large file"), (file("document", 9 * 1024 * 1024),))

    def arrived(thing: Thing, new: list[Seen]) -> str | None:
        address = "https://files.example.org/files/"
        linked = any(thing.text.text in clean(m.text) and address in m.text.text for m in new)
        return "as a link" if linked else as_file(thing, new)

    return await case.sent(big, arrived)


async def _protected(case: Case) -> str:
    if case.src.name != "telegram":
        raise Lacks("nothing is protected in such a way", "https://core.telegram.org/bots/api#message")
    thing = media("photo", "Not to be passed on")
    return await case.sent(replace(thing, protected=True), as_file)


def _link() -> RichText:
    return words(
        "See here and https://example.org/a?b=1&c=2 there", ("link", "here", "https://example.org/x?y=1&z=2")
    )


ROWS: tuple[Row, ...] = (
    Row("text", _text(lambda: words("Just words, <b>not bold</b> & *so* on, <!channel> :smile: _x_ 👋"))),
    Row("bold, italic, struck out, nested, with emoji", _text(_nested)),
    Row("underlined", _text(lambda: words("Some under lined", ("underline", "under")))),
    Row("spoiler", _text(lambda: words("The end is known", ("spoiler", "end is")))),
    Row("4,096 characters and more", _long),
    Row("links", _text(_link)),
    Row("code", _text(lambda: words("Run make now", ("code", "make")))),
    Row("code in a block", _text(lambda: words("Run\nmake test\nnow", ("pre", "make test")))),
    Row("quotation", _text(lambda: words("They say\nall is well\nbut", ("quote", "all is well")))),
    Row("custom emoji", _custom_emoji),
    Row("photo", _file("photo", "A photo")),
    Row("photo with a caption over 1,024 characters", _long_caption),
    Row("album of photos and videos", _album),
    Row("album of ten", _full_album),
    Row("several files", _documents),
    Row("photo, file and audio together", _mixed_album),
    Row("file", _file("document", "A file")),
    Row("animation", _file("animation", "It moves")),
    Row("audio", _file("audio", "A song")),
    Row("voice message", _file("voice", "A voice")),
    Row("video", _file("video", "A video")),
    Row("video note", _file("video_note")),
    Row("sticker", _sticker),
    Row("location", _kind("location", _POINT, "55.751244", "37.618423")),
    Row("live location", _live),
    Row(
        "venue",
        lambda case: case.sent(
            Thing(
                "venue",
                body={
                    "location": _POINT,
                    "venue": {"location": _POINT, "title": "Red Square", "address": "Moscow"},
                },
                says=("Red Square", "Moscow", "55.751244"),
            ),
            as_kind,
        ),
    ),
    Row(
        "contact",
        _kind(
            "contact",
            {"phone_number": "+79990001122", "first_name": "Mia", "last_name": "Miller"},
            "Mia Miller",
            "+79990001122",
        ),
    ),
    Row(
        "poll",
        _kind(
            "poll",
            {
                "id": "1",
                "question": "Tea or coffee?",
                "options": [
                    {"text": "Tea", "voter_count": 0, "persistent_id": "1"},
                    {"text": "Coffee", "voter_count": 0, "persistent_id": "2"},
                ],
                "total_voter_count": 0,
                "is_closed": False,
                "is_anonymous": True,
                "type": "regular",
                "allows_multiple_answers": False,
            },
            "Tea or coffee?",
            "Tea",
            "Coffee",
        ),
    ),
    Row("dice", _kind("dice", {"emoji": "🎲", "value": 5}, "🎲", "5")),
    Row(
        "checklist",
        _kind(
            "checklist",
            {
                "title": "To do",
                "tasks": [
                    {"id": 1, "text": "Wash"},
                    {"id": 2, "text": "Cook", "completion_date": 1_700_000_000},
                ],
            },
            "To do",
            "☐ Wash",
            "☑ Cook",
        ),
    ),
    Row("story", _story),
    Row("forwarded message, its source named", _forwarded, "to the desk"),
    Row("forwarded message", _kept_inside, "to the customer"),
    Row("gift", _told(telegram_told.GIFT, "Gift 🧸, 50 ⭐", "Thanks for the help 👋"), "to the desk"),
    Row("unique gift", _told(telegram_told.UNIQUE_GIFT, "Gift: Plush Pepe #123"), "to the desk"),
    Row("giveaway", _told(telegram_told.GIVEAWAY, "winners: 3", "Three headsets", "500 ⭐"), "to the desk"),
    Row(
        "giveaway that is over",
        _told(telegram_told.GIVEAWAY_WINNERS, "winners: 1", "Mia Miller", "A headset"),
        "to the desk",
    ),
    Row(
        "tasks of a checklist that are ticked",
        _told(telegram_told.TASKS_DONE, "Before the call", "☑ Write down the number", "☐ Restart the router"),
        "to the desk",
    ),
    Row("game", _told(telegram_told.GAME, "Game: Blocks", "They fall"), "to the desk"),
    Row("invoice", _told(telegram_told.INVOICE, "Invoice: Subscription", "One year of it"), "to the desk"),
    Row("paid media", _stated("paid_media", telegram_told.PAID_MEDIA, "25 ⭐", "video, photo")),
    Row("photo of protected content", _protected),
    Row("answer to one's own earlier message", _reply_own),
    Row("answer to a message of the other side", _reply_other),
    Row("quote of a part of a message", _quote),
    Row("edit of a text", _edit),
    Row("edit of a caption", _edit_caption),
    Row("exchange of a photo", _edit_media),
    Row("edit that the platform no longer allows", _edit_refused),
    Row("deletion", _delete),
    Row("`del`", _del, "to the customer"),
    Row("`del` after two days", _delete_late, "to the customer"),
    Row("reaction, and taking it away", _reaction),
    Row("reactions of several people", _reactions, "to the customer"),
    Row("typing", _typing),
    Row("mark “delivered” on one's message", _delivered),
    Row("mark “seen” on the other side's message", _seen),
    Row("a text after a large file stays after it", _order),
    Row("file that isn't the picture it claims to be", _mislabelled),
    Row("file larger than what is carried, with `files.public_url`", _too_large),
)

"""Customers and agents in their browsers, against the real program."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.browser.conftest import World, act, say, thread_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOSTILE = (
    '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
    " [x](javascript:alert(1)) @everyone &lt;b&gt; {{7*7}} \u202egnp.exe"
)


def picture(width: int, height: int) -> bytes:
    """A grey PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x88" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


async def texts(page: Page) -> list[str]:
    """What stands in the bubbles, in order."""
    return [t.strip() for t in await page.locator(".msg .text").all_inner_texts()]


async def test_a_question_reaches_the_desk_and_the_answer_comes_back(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await say(customer, "Where is my parcel?")
    await thread_of(staff, "Where is my parcel?")
    await expect(staff.locator(".desk.current")).to_contain_text("❓")
    await expect(staff.locator(".card .card-button").first).to_be_visible()
    await say(staff, "It arrives tomorrow.")

    await expect(customer.locator(".msg.other .text")).to_have_text("It arrives tomorrow.")
    await expect(customer.locator(".msg.own .meta:is(.is-received, .is-seen)")).to_be_visible()
    await expect(staff.locator(".msg.own .meta.is-seen")).to_be_visible()
    for page in (customer, staff):
        await page.reload()
        await expect(page.locator(".msg.own .text")).to_be_visible()
        assert await texts(page) == ["Where is my parcel?", "It arrives tomorrow."]


async def test_what_is_written_without_a_connection_arrives_later_once(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await say(customer, "before the tunnel")
    await thread_of(staff, "before the tunnel")
    await customer.context.set_offline(True)
    await expect(customer.locator(".status")).not_to_be_empty()
    for text in ("in the tunnel", "still in the tunnel"):
        await say(customer, text)
    await expect(customer.locator(".meta.is-sending")).to_have_count(2)
    await say(staff, "meanwhile")
    await expect(staff.locator(".msg.own .meta.is-delivered")).to_be_visible()

    await customer.context.set_offline(False)
    await expect(customer.locator(".msg.own .meta:is(.is-received, .is-seen)")).to_have_count(3)
    assert await texts(customer) == ["before the tunnel", "meanwhile", "in the tunnel", "still in the tunnel"]
    await expect(staff.locator(".msg.other .text")).to_have_text(
        ["before the tunnel", "in the tunnel", "still in the tunnel"]
    )


async def test_a_crash_of_the_program_loses_and_doubles_nothing(own_world: World) -> None:
    world = own_world
    port = world.program.url.rsplit(":", 1)[1]
    customer, staff = await world.customer(), await world.staff()
    await say(customer, "one")
    await thread_of(staff, "one")
    await world.program.kill()
    await expect(customer.locator(".status")).not_to_be_empty()
    await say(customer, "two")
    await say(staff, "answer")
    world.program.settings["OKNO_WEB__PORT"] = port
    await world.program.start()

    await expect(customer.locator(".msg.other .text")).to_have_text("answer")
    await expect(staff.locator(".msg.other .text")).to_have_text(["one", "two"])
    await expect(customer.locator(".msg.own .meta:is(.is-received, .is-seen)")).to_have_count(2)
    await customer.reload()
    await expect(customer.locator(".msg .text")).to_have_count(3)
    assert sorted(await texts(customer)) == ["answer", "one", "two"]


async def test_what_people_write_shows_as_typed(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await customer.locator("input[type=file]").set_input_files(
        {
            "name": "<img src=x onerror=hacked=1>.txt",
            "mimeType": "text/html",
            "buffer": b"<script>hacked=1</script>",
        }
    )
    await expect(customer.locator(".chip.going")).to_have_count(0)
    await customer.locator(".send").click()
    await say(customer, HOSTILE)
    await thread_of(staff, "onerror")
    await say(staff, HOSTILE)

    await expect(customer.locator(".msg.other .text")).to_have_text(HOSTILE)
    await expect(staff.locator(".msg.own .text")).to_have_text(HOSTILE)
    for page in (customer, staff):
        await expect(page.locator(".file-name")).to_have_text("<img src=x onerror=hacked=1>.txt")
        assert await page.evaluate("window.hacked") is None
        assert await page.locator("img[src=x], a[href^='javascript']").count() == 0
    assert await texts(staff) == [HOSTILE, HOSTILE]


async def test_a_note_stays_inside_and_looks_like_one(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await say(customer, "a question for the notes")
    await thread_of(staff, "a question for the notes")
    await staff.locator(".note-toggle").click()
    await expect(staff.locator(".goal")).to_contain_text("stays inside")
    await say(staff, "never tell them")
    await say(staff, "// nor this")
    await say(staff, "but this")

    await expect(customer.locator(".msg.other .text")).to_have_text(["but this"])
    await expect(staff.locator(".msg.note .text")).to_have_text(["never tell them", "nor this"])
    await customer.reload()
    await expect(customer.locator(".msg .text")).to_have_text(["a question for the notes", "but this"])


async def test_a_desk_that_answers_by_replies(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await say(customer, "/bug the app crashes")
    await staff.locator(".desk", has_text="🐞").click()
    await thread_of(staff, "the app crashes")
    await say(staff, "does anybody know this?")
    await expect(staff.locator(".msg.inside .text")).to_have_text("does anybody know this?")
    await act(staff, "the app crashes", "Reply")
    await expect(staff.locator(".goal")).to_have_text("Goes to the customer")
    await say(staff, "we found it")
    await expect(customer.locator(".msg.other .text").last).to_have_text("we found it")
    await act(staff, "does anybody know this?", "Send to customer")
    await expect(customer.locator(".msg.other .text").last).to_have_text("does anybody know this?")


async def test_closing_asks_for_a_rating_and_a_tap_answers(world: World) -> None:
    customer, staff = await world.customer(phone=True), await world.staff()
    await say(customer, "a question to be rated")
    await thread_of(staff, "a question to be rated")
    await say(staff, "an answer to be rated")
    await expect(customer.locator(".msg.other .text")).to_have_text("an answer to be rated")
    await staff.locator(".composer textarea").fill("/clo")
    await expect(staff.locator(".palette li")).to_have_count(1)
    await staff.keyboard.press("Enter")
    await staff.keyboard.press("Enter")
    await expect(staff.locator(".subtitle")).to_have_text("Closed")
    await expect(customer.locator(".key")).to_have_text(["1", "2", "3", "4", "5"])
    await customer.locator(".key").nth(4).tap()
    await expect(customer.locator(".key")).to_have_count(0)
    await expect(staff.locator(".thread-view")).to_contain_text("5")


async def test_edits_deletions_and_reactions_cross_over(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await say(customer, "teh first question")
    await say(customer, "a second one")
    await thread_of(staff, "a second one")
    await act(customer, "teh first", "Edit")
    await customer.locator(".composer textarea").fill("the first question")
    await customer.keyboard.press("Enter")
    await expect(staff.locator(".msg.other .text").first).to_have_text("the first question")
    await say(staff, "an answer to take back")
    await expect(customer.locator(".msg.other")).to_have_count(1)
    await act(customer, "an answer to take back", "React with 👍")
    await expect(staff.locator(".msg.own .reaction")).to_have_text("👍")
    await act(staff, "an answer to take back", "Delete")
    await staff.locator("dialog .danger").click()
    await expect(customer.locator(".msg.other .text")).to_have_text("Message deleted")


async def test_pictures_and_files_arrive(world: World, tmp_path: Path) -> None:
    customer, staff = await world.customer(), await world.staff()
    files: list[FilePayload] = [
        {"name": "screen.png", "mimeType": "image/png", "buffer": picture(120, 80)},
        {"name": "log.txt", "mimeType": "text/plain", "buffer": b"line one\n" * 1000},
    ]
    await customer.locator("input[type=file]").set_input_files(files)
    await expect(customer.locator(".chip")).to_have_count(2)
    await expect(customer.locator(".chip.going")).to_have_count(0)
    await say(customer, "what I see")
    await say(customer, "two files for you")
    await thread_of(staff, "two files for you")
    image = staff.locator(".msg.other .picture")
    await expect(image).to_be_visible()
    assert await image.evaluate("(i) => i.decode().then(() => [i.naturalWidth, i.naturalHeight])") == [
        120,
        80,
    ]
    async with staff.expect_download() as downloading:
        await staff.locator(".msg.other .file").click()
    saved = tmp_path / "saved"
    await (await downloading.value).save_as(saved)
    assert saved.read_bytes() == b"line one\n" * 1000


async def test_a_phone_shows_one_thing_at_a_time_and_nothing_sideways(world: World) -> None:
    customer, staff = await world.customer(phone=True), await world.staff(phone=True)
    await say(customer, "Donaudampfschifffahrtsgesellschaft" * 8)
    await thread_of(staff, "Donaudampfschifffahrt")
    await expect(staff.locator(".side")).to_be_hidden()
    await say(staff, "https://example.org/" + "x" * 300)
    await expect(customer.locator(".msg.other")).to_be_visible()
    for page in (customer, staff):
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        wide = "[...document.querySelectorAll('.msg .bubble')].filter(b => b.getBoundingClientRect().right > innerWidth)"
        assert await page.evaluate(f"{wide}.length") == 0
        await expect(page.locator(".composer textarea")).to_be_in_viewport()
    await staff.locator(".back").tap()
    await expect(staff.locator(".side")).to_be_visible()
    await expect(staff.locator(".thread-view")).to_have_count(0)


async def test_unread_is_counted_until_it_was_looked_at(world: World) -> None:
    customer, staff = await world.customer(), await world.staff()
    await staff.evaluate("location.hash = 'howto'")
    await say(customer, "one thing")
    await say(customer, "another thing")
    row = staff.locator(".thread", has_text="another thing")
    await expect(row.locator(".badge")).to_have_text("2")
    await expect(staff.locator(".desk.current .badge")).to_be_visible()
    await row.click()
    row = staff.locator(".thread.current")
    await expect(row.locator(".badge")).to_have_count(0)
    await expect(row.locator(".clock")).to_be_visible()
    await say(staff, "an answer")
    await expect(row.locator(".clock")).to_have_count(0)


async def test_a_link_that_was_looked_at_still_works_and_a_used_one_says_why_not(own_world: World) -> None:
    world = own_world
    stranger = await world.page("/staff")
    await expect(stranger.locator(".sheet-box code")).to_have_text("okno invite NAME")
    link = "/staff?invite=" + world.program.printed.split("invite=")[1].split()[0]
    for _ in range(2):
        await expect((await world.page(link)).locator("button.wide")).to_be_visible()  # as previews do
    await world.staff()
    late = await world.page(link)
    await late.locator("button.wide").click()
    await expect(late.locator(".trouble")).to_contain_text("used")
    staff = await world.staff()
    await staff.get_by_role("button", name="Menu").click()
    await staff.get_by_role("menuitem", name="Sign out").click()
    await staff.locator("dialog .button", has_text="Sign out").click()
    await expect(staff.locator(".sheet-box code")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "lang", "send"), [("ru-RU", "ru", "Отправить"), ("en-GB", "en", "Send")], ids=("ru", "en")
)
async def test_both_pages_speak_the_readers_language(world: World, locale: str, lang: str, send: str) -> None:
    customer, staff = await world.customer(locale=locale), await world.staff(locale=locale)
    await say(customer, "a word")
    await thread_of(staff, "a word")
    for page in (customer, staff):
        assert await page.evaluate("document.documentElement.lang") == lang
        await expect(page.get_by_role("button", name=send, exact=True)).to_be_visible()
    other = "en" if lang == "ru" else "ru"
    await customer.locator(".language").click()
    await expect(customer.locator(f"html[lang={other}]")).to_be_attached()


async def test_formatting_becomes_elements_and_nothing_else_does(world: World) -> None:
    customer = await world.customer()
    html = """async ([text, spans]) => {
        const { richText } = await import("/web/assets/richtext.js");
        const box = document.createElement("div");
        box.append(richText(text, spans));
        return box.innerHTML;
    }"""

    async def shown(text: str, *spans: tuple[str, int, int, str | None]) -> str:
        return str(await customer.evaluate(html, [text, [list(s) for s in spans]]))

    assert await shown("a <b>", ("bold", 0, 5, None)) == "<strong>a &lt;b&gt;</strong>"
    assert await shown("\U0001f41e bug", ("italic", 2, 3, None)) == "\U0001f41e <em>bug</em>"
    assert (
        await shown("abcd", ("bold", 0, 3, None), ("italic", 1, 1, None)) == "<strong>a<em>b</em>c</strong>d"
    )
    crossing = await shown("abcd", ("bold", 0, 2, None), ("italic", 1, 3, None))
    assert crossing == "<strong>a<em>b</em></strong><em>cd</em>"
    assert await shown("go", ("link", 0, 2, "javascript:alert(1)")) == "<span>go</span>"
    assert 'href="https://example.org/"' in await shown("go", ("link", 0, 2, "https://example.org/"))
    found = await shown("see https://example.org/a?b=1&c=2.")
    assert 'href="https://example.org/a?b=1&amp;c=2"' in found
    assert found.endswith("</a>.")
    assert await shown("https://x.example", ("code", 0, 17, None)) == "<code>https://x.example</code>"
    assert (
        await shown("ab", ("bold", 1, 50, None), ("unknown", 0, 1, None))
        == "<span>a</span><strong>b</strong>"
    )


async def test_pages_are_light_and_everything_has_a_name(world: World) -> None:
    # a language no other test has: these browsers have loaded nothing yet
    customer, staff = await world.customer(locale="en-AU"), await world.staff(locale="en-AU")
    await say(customer, "a light word")
    await thread_of(staff, "a light word")
    nameless = (
        "[...document.querySelectorAll('button, a, input:not([hidden]), textarea, img')].filter(e => e.checkVisibility()"
        " && !(e.getAttribute('aria-label') || e.textContent.trim() || e.alt !== undefined && e.hasAttribute('alt')))"
        ".map(e => e.outerHTML)"
    )
    weight = "performance.getEntriesByType('resource').reduce((sum, r) => sum + r.transferSize, 0)"
    for page in (customer, staff):
        assert await page.evaluate(nameless) == []
        assert 5_000 < await page.evaluate(weight) < 100_000

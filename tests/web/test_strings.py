"""The words of the pages: neither language lacks one, and none is asked for that isn't there."""

from __future__ import annotations

import re

from bot.messengers.web.pages import FOLDER
from bot.messengers.web.strings import LOCALES, words

PLURALS = {"en": {"one", "other"}, "ru": {"one", "few", "many", "other"}}
ENDING = re.compile(r"\.(one|few|many|other)$")


def keys(locale: str) -> dict[str, set[str]]:
    """Every key with the plural forms it has."""
    found: dict[str, set[str]] = {}
    for key in words(locale):
        ending = ENDING.search(key) if not key.startswith("kind.") else None
        forms = found.setdefault(key[: ending.start()] if ending else key, set())
        if ending:
            forms.add(ending[1])
    return found


def test_no_language_lacks_an_entry() -> None:
    assert LOCALES == ("en", "ru")
    english, russian = keys("en"), keys("ru")
    assert english.keys() == russian.keys()
    for key in english:
        assert english[key] in (set(), PLURALS["en"])
        assert bool(english[key]) == bool(russian[key])
        assert russian[key] in (set(), PLURALS["ru"])


def test_placeholders_and_values_are_the_same() -> None:
    for key, english in words("en").items():
        russian = words("ru")[key]
        assert english.strip()
        assert russian.strip()
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", russian)), key


def test_every_word_is_used_and_every_use_has_a_word() -> None:
    source = "".join(path.read_text() for path in FOLDER.glob("*.js"))
    known = keys("en")
    used = set(re.findall(r"""\bt\(\s*["']([^"']+)["']""", source)) | set(
        re.findall(r'"([a-z]+\.[a-z_]+)"', source)
    )
    assert {key for key in used if key not in known and not key.endswith((".js", ".svg"))} == set()
    families = set(re.findall(r"t\(`([a-z]+)\.\$\{", source))
    quoted = set(re.findall(r"""["']([a-z_.]+)["']""", source))
    unused = {key for key in known if key not in quoted and key.split(".")[0] not in families}
    assert unused == {"guest"}  # the server's own


def test_pages_hold_no_words_and_no_foreign_addresses() -> None:
    for path in FOLDER.glob("*.js"):
        assert not re.search(r"[а-яё]", path.read_text(), re.IGNORECASE), path
        assert "innerHTML" not in path.read_text()
        assert "insertAdjacentHTML" not in path.read_text()
    everything = "".join(p.read_text() for p in FOLDER.rglob("*") if p.suffix in (".js", ".css", ".html"))
    hosts = set(re.findall(r"https?://([a-z0-9.-]+)", everything))
    assert hosts <= {"www.openstreetmap.org", "www.w3.org"}

"""What came of a soak: everything that was written is held against what the chats show in the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.fakes.telegram import Shown
from tests.soak.scene import TOKEN, Said, Scene, Side, Talk

_BY_THE_PROGRAM = 1
"""A ticket's topic holds one card."""


@dataclass(slots=True)
class Verdict:
    """What is wrong, each as a line; `repeats` are allowed, one a crash in each direction of each ticket.

    Okno knows only one of two copies of a message, so that an answer to the other answers nothing.
    """

    written: int = 0
    lost: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    repeats: dict[str, int] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)

    def faults(self, crashes: int) -> list[str]:
        """Every promise that was broken."""
        often = [f"{where}: {n} repeats" for where, n in self.repeats.items() if n > crashes]
        kinds = {
            "lost": self.lost,
            "out of order": self.disordered,
            "not as last changed": self.outdated,
            "no longer an answer": self.elsewhere,
            "there twice": self.doubled,
            "repeated more than once a crash": often,
        }
        return [f"{kind}: {line}" for kind, lines in kinds.items() for line in lines]


async def judge(scene: Scene) -> Verdict:
    """Look at all chats."""
    verdict = Verdict(scene.count)
    unanswering: list[Said] = []
    for talk in scene.talks:
        for side in ("q", "a"):
            shown = await scene.shown(talk, side)
            unanswering += _compare(verdict, talk, side, shown)
    verdict.elsewhere = [
        f"{said.token} was an answer, and its copy answers nothing"
        for said in unanswering
        if said.answers not in verdict.repeated
    ]
    await _topics(verdict, scene)
    return verdict


def _compare(verdict: Verdict, talk: Talk, side: Side, shown: list[Shown]) -> list[Said]:
    """One direction of one ticket: nothing missing, nothing early, repeats counted by message.

    Gives the answers whose copies answer nothing.
    """
    where = f"{talk.name} {side}"
    first: dict[str, Shown] = {}
    last: dict[str, str] = {}
    repeats = 0
    for message in shown:
        tokens = TOKEN.findall(message.text)
        repeats += bool(tokens) and tokens[0] in first
        for token in tokens:
            if token in first:
                verdict.repeated.add(token)
            first.setdefault(token, message)
            last[token] = message.text
    written = [said.token for said in talk.said[side]]
    verdict.lost += [token for token in written if token not in first]
    seen = [token for token in first if token in written]
    if seen != sorted(seen) or len(seen) != len(first):
        verdict.disordered.append(f"{where}: {' '.join(first)}")
    if repeats:
        verdict.repeats[where] = repeats
    arrived = [said for said in talk.said[side] if said.token in first]
    verdict.outdated += [
        f"{said.token} says {last[said.token]!r}, not {said.final!r}"
        for said in arrived
        if said.final not in last[said.token].split("\n")
    ]
    return [said for said in arrived if said.answers and first[said.token].reply_to is None]


async def _topics(verdict: Verdict, scene: Scene) -> None:
    """Each customer has one topic with one ticket, and there is no topic besides."""
    topics = await scene.remote.topics(chat=scene.desk)
    names = [topic["name"].split(" · ")[0] for topic in topics]
    verdict.doubled += [f"topic of {name}" for name in dict.fromkeys(names) if names.count(name) > 1]
    numbers = [topic["name"].rpartition("#")[2] for topic in topics]
    verdict.doubled += [f"ticket #{n}" for n in dict.fromkeys(numbers) if numbers.count(n) > 1]
    known = {talk.name for talk in scene.talks}
    verdict.doubled += [f"topic of nobody: {name}" for name in names if name not in known]
    for talk in scene.talks:
        if talk.topic is None:
            continue
        cards = [m for m in await scene.shown(talk, "q") if m.buttons]
        if len(cards) > _BY_THE_PROGRAM:
            verdict.repeats[f"{talk.name} card"] = len(cards) - _BY_THE_PROGRAM

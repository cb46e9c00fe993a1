"""What people do in the fake Slack, and what they see there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.fakes.slack_world import BOT_USER, TEAM, Channel, File, Json, Person, World, typed


@dataclass
class Shown:
    """A message as people see it. `reactions`: who reacted, by name; `pings`: whom it mentions."""

    ts: str
    text: str
    thread: str | None = None
    user: str = ""
    username: str = ""
    picture: str = ""
    aloud: bool = False
    menus: dict[str, list[str]] = field(default_factory=dict)
    bold: list[str] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    pings: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    quiet: bool = True

    @property
    def marked(self) -> bool:
        """Whether the app says that it arrived."""
        return BOT_USER in self.reactions.get("white_check_mark", [])


class People:
    """Verbs of people. Without `channel` they write to the app in private."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.interact: Any = None

    def user(self, name: str, **more: Any) -> str:
        person = Person(self.world.number("U"), name, **more)
        person.dm = self.world.number("D")
        self.world.people[person.id] = person
        self.world.channels[person.dm] = Channel(person.dm, name, {person.id, BOT_USER})
        return person.id

    def dm(self, user: str) -> str:
        return self.world.people[user].dm

    def channel(self, name: str, members: list[str], *, invited: bool = True) -> str:
        made = Channel(self.world.number("C"), name, {*members, *([BOT_USER] if invited else [])})
        made.shared = any(self.world.people[m].team != TEAM for m in members)
        self.world.channels[made.id] = made
        return made.id

    def _where(self, user: str, channel: str | None) -> Channel:
        return self.world.channels[channel or self.dm(user)]

    def writes(
        self, user: str, text: str, channel: str | None = None, thread: str | None = None, **more: Any
    ) -> str:
        message: Json = {"user": user, **typed(text), **({"thread_ts": thread} if thread else {}), **more}
        return str(self.world.add(self._where(user, channel), message)["ts"])

    def sends(
        self,
        user: str,
        files: list[tuple[str, bytes, str]],
        text: str = "",
        channel: str | None = None,
        **more: Any,
    ) -> str:
        made = []
        for name, content, mime in files:
            file = File(self.world.number("F"), name, mime, content)
            self.world.files[file.id] = file
            made.append(file)
        message = {"user": user, **typed(text), **more}
        return str(self.world.share(self._where(user, channel), made, message)["ts"])

    def edits(self, user: str, ts: str, text: str, channel: str | None = None) -> None:
        where = self._where(user, channel)
        edited = {"user": user, "ts": self.world.ts()}
        self.world.replace(where, where.messages[ts], **typed(text), edited=edited)

    def unfurls(self, user: str, ts: str, channel: str | None = None) -> None:
        """Slack itself adds a preview, which changes the message too."""
        where = self._where(user, channel)
        self.world.replace(
            where, where.messages[ts], attachments=[{"title": "Example", "fallback": "Example"}]
        )

    def deletes(self, user: str, ts: str, channel: str | None = None) -> None:
        self.world.remove(self._where(user, channel), ts)

    def reacts(
        self, user: str, ts: str, name: str, channel: str | None = None, *, away: bool = False
    ) -> None:
        where = self._where(user, channel)
        set_reaction(self.world, where, ts, name, user, there=not away)

    def presses(self, user: str, ts: str, label: str, channel: str | None = None) -> None:
        where = self._where(user, channel)
        message = where.messages[ts]
        container = {"type": "message", "message_ts": ts, "channel_id": where.id}
        place = {"channel": {"id": where.id, "name": where.name}, "message": dict(message)}
        self._act(user, _element(message["blocks"], label), **place, container=container)

    def presses_offered(self, user: str, offered: Json, label: str) -> None:
        """A button of what only this person sees: Slack sends no message with it."""
        channel = self.world.channels[offered["channel"]]
        container = {
            "type": "message",
            "message_ts": self.world.ts(),
            "channel_id": channel.id,
            "is_ephemeral": True,
        }
        if offered.get("thread_ts"):
            container["thread_ts"] = offered["thread_ts"]
        place = {"channel": {"id": channel.id, "name": channel.name}, "container": container}
        self._act(user, _element(offered["blocks"], label), **place)

    def opens_home(self, user: str, tab: str = "home") -> None:
        dm = self.world.channels[self.dm(user)]
        self.world.tell(dm, {"type": "app_home_opened", "user": user, "tab": tab})

    def presses_at_home(self, user: str, view: Json, label: str) -> None:
        container = {"type": "view", "view_id": "V1"}
        self._act(user, _element(view["blocks"], label), view={**view, "id": "V1"}, container=container)

    def _act(self, user: str, element: Json, **where: Any) -> None:
        moment = self.world.ts()
        self.interact(
            {
                "type": "block_actions",
                "trigger_id": f"{moment}.press",
                "user": {"id": user, "name": self.world.people[user].name.lower()},
                "actions": [{**element, "action_ts": moment}],
                **where,
            }
        )

    def chooses(self, user: str, ts: str, callback: str, channel: str) -> None:
        """A shortcut on a message."""
        moment = self.world.ts()
        self.interact(
            {
                "type": "message_action",
                "callback_id": callback,
                "trigger_id": f"{moment}.shortcut",
                "action_ts": moment,
                "message_ts": ts,
                "user": {"id": user, "name": self.world.people[user].name.lower()},
                "channel": {"id": channel, "name": self.world.channels[channel].name},
                "message": dict(self.world.channels[channel].messages[ts]),
            }
        )

    def commands(self, user: str, text: str, channel: str) -> None:
        """`/okno` and what follows."""
        body = {"command": "/okno", "text": text, "user_id": user, "channel_id": channel}
        body["response_url"] = f"{self.world.base}/respond/{user}"
        self.interact({**body, "user_name": "somebody", "trigger_id": f"{self.world.ts()}.command"})

    def shows(self, channel: str, thread: str | None = None) -> list[Shown]:
        """The messages of a channel (a person's id: of their conversation with the app), or of one thread in it."""
        where = self.world.channels.get(channel) or self.world.channels[self.dm(channel)]
        messages = sorted(where.messages.values(), key=lambda m: m["ts"])
        if thread is not None:
            messages = [m for m in messages if thread in (m.get("thread_ts"), m["ts"])]
        return [self._shown(m) for m in messages]

    def of_app(self, channel: str, thread: str | None = None) -> list[Shown]:
        """Those that the app wrote."""
        return [m for m in self.shows(channel, thread) if m.user == BOT_USER]

    def _shown(self, message: Json) -> Shown:
        root = message.get("thread_ts")
        shown = Shown(message["ts"], "", root if root != message["ts"] else None, message.get("user", ""))
        shown.username = message.get("username", "")
        shown.picture = message.get("icons", {}).get("image_72", "")
        shown.aloud = bool(message.get("broadcast"))
        blocks = [b for b in message.get("blocks", ()) if b["type"] == "rich_text"]
        lines: list[str] = []
        for block in blocks:
            lines += ["".join(_read(item, shown) for item in e["elements"]) for e in block["elements"]]
        shown.text = "\n".join(lines) if lines else _unescaped(message.get("text", ""))
        for block in message.get("blocks", ()):
            if block["type"] == "actions":
                shown.buttons += [b["text"]["text"] for b in block["elements"] if b["type"] == "button"]
                for menu in [b for b in block["elements"] if b["type"] == "static_select"]:
                    shown.menus[menu["placeholder"]["text"]] = [o["text"]["text"] for o in menu["options"]]
        shown.files = [self.world.files[f["id"]] for f in message.get("files", ())]
        shown.reactions = {r["name"]: list(r["users"]) for r in message.get("reactions", ())}
        return shown


def _element(blocks: list[Json], label: str) -> Json:
    """The button of that name, or the menu with that entry chosen."""
    for element in [e for block in blocks if block["type"] == "actions" for e in block["elements"]]:
        if element["type"] == "button" and element["text"]["text"] == label:
            return dict(element)
        for option in element.get("options", ()):
            if option["text"]["text"] == label:
                kept = {k: v for k, v in element.items() if k != "options"}
                return {**kept, "selected_option": option}
    raise AssertionError(f"no {label!r} in {blocks}")


def _read(item: Json, shown: Shown) -> str:
    if item["type"] == "user":
        shown.pings.append(item["user_id"])
        return f"<@{item['user_id']}>"
    if item["type"] == "broadcast":
        shown.pings.append(item["range"])
        return f"<!{item['range']}>"
    text = str(item.get("text", ""))
    if item["type"] == "link":
        shown.links[text] = item["url"]
    if item.get("style", {}).get("bold"):
        shown.bold.append(text)
    return text


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def set_reaction(world: World, channel: Channel, ts: str, name: str, user: str, *, there: bool) -> bool:
    """Somebody's reaction on a message; False when it was so already."""
    reactions = world.message(channel, ts).setdefault("reactions", [])
    found = next((r for r in reactions if r["name"] == name), None)
    if found is None:
        found = {"name": name, "users": [], "count": 0}
        reactions.append(found)
    if (user in found["users"]) is there:
        return False
    found["users"].append(user) if there else found["users"].remove(user)
    found["count"] = len(found["users"])
    if not found["users"]:
        reactions.remove(found)
    kind = "reaction_added" if there else "reaction_removed"
    item = {"type": "message", "channel": channel.id, "ts": ts}
    world.tell(channel, {"type": kind, "user": user, "reaction": name, "item": item})
    return True

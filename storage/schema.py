"""The tables. Times are milliseconds since the epoch, UTC; states are short words; JSON is text with a version.

Ids of platforms stand only beside the chat they belong to (`native`, `ref`, `root`); everything else refers to
Okno's own numbers, so that a group that gets a new id keeps its place.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    event,
    func,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives rowids only to INTEGER keys; PostgreSQL wants room to grow
Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Id, ForeignKey(target), nullable=nullable)


def _text(name: str, default: str = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text(f"'{default}'"))


def _number(name: str, default: int = 0) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text(str(default)))


def _at(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


chats = Table(
    "chats",
    metadata,
    _id(),
    _text("messenger"),
    _text("account"),
    _text("native"),
    _text("kind"),  # private | group | shared: customers write there among others
    _text("title"),
    _number("threaded"),  # 0 no, 1 yes, 2 assumed: not seen yet
    _number("next_lane"),
    _text("parked"),  # why nothing can be sent there; empty when all is well
    _text("lease_owner"),
    _number("lease_token"),
    _number("lease_until"),
    UniqueConstraint("messenger", "account", "native"),
)
Index("ix_chats_parked", chats.c.id, sqlite_where=text("parked <> ''"), postgresql_where=text("parked <> ''"))

chat_aliases = Table(
    "chat_aliases",
    metadata,
    Column("messenger", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("native", Text, primary_key=True),
    _ref("chat_id", "chats.id"),
)

desks = Table(  # which chat a desk (or the leads) is bound to now
    "desks",
    metadata,
    Column("name", Text, primary_key=True),
    _ref("chat_id", "chats.id"),
    _text("bound_by"),  # settings | default | a person's address
    _at("bound_at"),
    UniqueConstraint("chat_id"),
)

journal = Table(
    "journal",
    metadata,
    _id(),
    _text("messenger"),
    _text("account"),
    _text("key"),
    _text("lane"),
    _number("position"),
    _text("album"),
    _text("payload"),
    _text("state", "new"),  # new | done | failed
    _text("reason"),
    _number("tries"),
    _at("received_at"),
    UniqueConstraint("messenger", "account", "key"),
)
Index(
    "ix_journal_new", journal.c.id, sqlite_where=text("state = 'new'"), postgresql_where=text("state = 'new'")
)
Index(
    "ix_journal_failed",
    journal.c.id,
    sqlite_where=text("state = 'failed'"),
    postgresql_where=text("state = 'failed'"),
)
Index(  # where several processes share the work, each asks whether an event is its lane's first
    "ix_journal_lane",
    journal.c.messenger,
    journal.c.account,
    journal.c.lane,
    journal.c.position,
    journal.c.id,
    postgresql_where=text("state = 'new'"),
).ddl_if(dialect="postgresql")

people = Table(
    "people",
    metadata,
    _id(),
    _text("messenger"),
    _text("account"),
    _text("native"),
    _text("name"),
    _text("username"),
    _text("locale"),
    _text("chosen_locale"),
    _text("timezone"),
    _text("picture"),  # an address that everybody may open
    _number("in_desk"),  # they wrote in a desk, or were known to belong to one
    _number("admin"),
    _at("seen_at"),
    UniqueConstraint("messenger", "account", "native"),
)
Index("ix_people_username", people.c.username)
Index("ix_people_admin", people.c.id, sqlite_where=text("admin = 1"), postgresql_where=text("admin = 1"))

customers = Table(
    "customers",
    metadata,
    _id(),
    _ref("person_id", "people.id"),
    _ref("chat_id", "chats.id"),
    _text("name"),
    _text("details"),
    _text("next_desk"),  # the desk that their next message is filed in (`/bug` without words)
    _text("tier"),
    _at("blocked_at", nullable=True),
    _at("rating_asked_at", nullable=True),
    _at("created_at"),
    Column("same_as_id", Id, nullable=True),  # the customer they turned out to be: theirs are the tickets
    UniqueConstraint("chat_id"),
    UniqueConstraint("person_id"),
)

Index(
    "ix_customers_same_as_id",
    customers.c.same_as_id,
    sqlite_where=text("same_as_id IS NOT NULL"),
    postgresql_where=text("same_as_id IS NOT NULL"),
)

crossings = Table(  # one-time links with which customers take their conversation to another messenger
    "crossings",
    metadata,
    _id(),
    _text("token_hash"),
    _ref("customer_id", "customers.id"),
    _at("until"),
    UniqueConstraint("token_hash"),
)
Index("ix_crossings_customer_id", crossings.c.customer_id)

_STATE_DUE = "state IN ('open', 'left') AND (card_wanted <> card_shown OR closed_wanted <> closed_shown)"

places = Table(
    "places",
    metadata,
    _id(),
    _ref("chat_id", "chats.id"),
    Column("ticket_id", Id, nullable=True),
    _text(
        "kind"
    ),  # chat: the chat as a whole | thread: one ticket's spot in a desk | conversation: with a customer, in a shared chat
    _text("state", "open"),  # thread: new (nothing there) | made (topic, no card) | open | left (moved away)
    Column("root", Text, nullable=True),
    _text("title"),
    Column("card_ref", Text, nullable=True),
    _number("card_wanted"),
    _number("card_shown"),
    _text("card_menu"),
    _text("card_print"),  # what tells the card that is shown from any other
    _number("closed_wanted"),
    _number("closed_shown"),
    _number("generation"),
    _number("turn"),
    Column(
        "line_by", Id, nullable=True
    ),  # conversation: who wrote its newest line outside the thread, and when
    _at("line_at", nullable=True),
    UniqueConstraint("chat_id", "root"),
)
Index(
    "ix_places_lines",
    places.c.chat_id,
    places.c.line_by,
    places.c.line_at,
    sqlite_where=text("line_by IS NOT NULL"),
    postgresql_where=text("line_by IS NOT NULL"),
)
Index(
    "uq_places_whole_chat",
    places.c.chat_id,
    unique=True,
    sqlite_where=text("kind = 'chat'"),
    postgresql_where=text("kind = 'chat'"),
)
Index("ix_places_ticket_id", places.c.ticket_id)
Index(
    "ix_places_state_due",
    places.c.id,
    sqlite_where=text(_STATE_DUE),
    postgresql_where=text(_STATE_DUE),
)

tickets = Table(
    "tickets",
    metadata,
    _id(),
    _ref("customer_id", "customers.id"),
    _ref("customer_place_id", "places.id"),
    Column("desk_place_id", Id, nullable=True),
    _text("desk"),
    _text("state", "agent"),  # agent | customer: who is waited for | snoozed | closed
    _text("subject"),
    Column("assignee_id", Id, nullable=True),
    _at("assigned_at", nullable=True),
    _at("unanswered_since", nullable=True),
    _at("answered_at", nullable=True),
    _at("snoozed_until", nullable=True),
    _at("created_at"),
    _at("touched_at"),
    _at("closed_at", nullable=True),
    _text("closed_by"),
    Column("rating", Integer, nullable=True),
    _text("rating_comment"),
)
Index(
    "uq_tickets_current",
    tickets.c.customer_place_id,
    unique=True,
    sqlite_where=text("state <> 'closed'"),
    postgresql_where=text("state <> 'closed'"),
)
Index("ix_tickets_customer_id", tickets.c.customer_id)
Index(
    "ix_tickets_open",
    tickets.c.desk,
    sqlite_where=text("state <> 'closed'"),
    postgresql_where=text("state <> 'closed'"),
)
Index(
    "ix_tickets_snoozed",
    tickets.c.snoozed_until,
    sqlite_where=text("state = 'snoozed'"),
    postgresql_where=text("state = 'snoozed'"),
)

Index(
    "ix_tickets_idle",
    tickets.c.touched_at,
    sqlite_where=text("state = 'customer'"),
    postgresql_where=text("state = 'customer'"),
)
Index(
    "ix_tickets_unanswered",
    tickets.c.desk,
    tickets.c.unanswered_since,
    sqlite_where=text("state = 'agent'"),
    postgresql_where=text("state = 'agent'"),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _ref("ticket_id", "tickets.id"),
    _ref("place_id", "places.id"),
    _ref("chat_id", "chats.id"),
    _ref("person_id", "people.id"),
    Column("ref", Text, nullable=False),
    _text("role"),  # customer | answer (goes to the customer) | note | inside (staff talk)
    _text("content"),
    _number("revision", 1),
    _number("deleted"),
    Column("reply_to_id", Id, nullable=True),
    Column("album_id", Id, nullable=True),  # the album's first message, itself included
    _text("mark_wanted"),
    _text("mark_shown"),
    _at("written_at"),
    _number("edited_at"),  # by the messenger's clock; 0 when it is as it was written
    _number("file_revision"),  # the revision that brought another file; 0 when it has the first one
    UniqueConstraint("chat_id", "ref"),
)
Index("ix_messages_ticket_id", messages.c.ticket_id, messages.c.id)
Index(
    "ix_messages_album_id",
    messages.c.album_id,
    sqlite_where=text("album_id IS NOT NULL"),
    postgresql_where=text("album_id IS NOT NULL"),
)
Index(
    "ix_messages_mark_due",
    messages.c.place_id,
    sqlite_where=text("mark_wanted <> mark_shown"),
    postgresql_where=text("mark_wanted <> mark_shown"),
)

letters = Table(
    "letters",
    metadata,
    _id(),
    _ref("place_id", "places.id"),
    _number("seq"),
    _text("kind"),  # copy | edit | delete | react | say | history
    Column("message_id", Id, nullable=True),
    Column("ticket_id", Id, nullable=True),
    _number("revision"),
    _number("part"),
    _text("payload"),
    _number("priority"),
    _text("state", "waiting"),  # waiting | sent | failed | dropped
    _text("reason"),
    Column("joined_to", Id, nullable=True),
    _number("aloud"),  # it shows in the chat too, outside its thread
    _at("created_at"),
    _at("done_at", nullable=True),
    UniqueConstraint("place_id", "seq"),
    UniqueConstraint("place_id", "kind", "message_id", "revision", "part"),
)
Index(
    "ix_letters_waiting",
    letters.c.place_id,
    letters.c.seq,
    sqlite_where=text("state = 'waiting'"),
    postgresql_where=text("state = 'waiting'"),
)
Index("ix_letters_message_id", letters.c.message_id)
Index(
    "ix_letters_joined_to",
    letters.c.joined_to,
    sqlite_where=text("joined_to IS NOT NULL"),
    postgresql_where=text("joined_to IS NOT NULL"),
)

links = Table(  # original ↔ copy; every message of the bot in a desk has one
    "links",
    metadata,
    _id(),
    _ref("place_id", "places.id"),
    _ref("chat_id", "chats.id"),
    Column("ref", Text, nullable=False),
    Column("message_id", Id, nullable=True),
    Column("letter_id", Id, nullable=True),
    Column("ticket_id", Id, nullable=True),
    _text("role"),  # copy | card | say | rating | history
    _number("part"),
    _number("revision"),
    _number("joined"),
    _text("reaction"),
    _at("sent_at"),
)
Index("ix_links_chat_ref", links.c.chat_id, links.c.ref)
Index("ix_links_message_id", links.c.message_id)
Index(  # of cards and the bot's own words; a copy is found by its message
    "ix_links_own",
    links.c.place_id,
    sqlite_where=text("message_id IS NULL"),
    postgresql_where=text("message_id IS NULL"),
)

reactions = Table(  # on the copies of a message; the newest of them is shown on the message
    "reactions",
    metadata,
    _id(),
    _ref("message_id", "messages.id"),
    _ref("person_id", "people.id"),
    _text("emoji"),
)
Index("ix_reactions_message_id", reactions.c.message_id)

attempts = Table(  # what was sent lately, so that pacing survives a restart
    "attempts",
    metadata,
    _id(),
    _ref("chat_id", "chats.id"),
    _at("at"),
)
Index("ix_attempts_at", attempts.c.at)

clocks = Table(  # one row a wait of a customer for an answer; times of work in milliseconds
    "clocks",
    metadata,
    _id(),
    _ref("ticket_id", "tickets.id"),
    _text("kind"),  # first | next
    _at("started_at"),
    _number("target"),
    _at("since"),
    _number("used"),
    _at("due_at", nullable=True),
    _at("held_at", nullable=True),
    _number("held_used"),
    _at("ended_at", nullable=True),
    _text("outcome"),
    _number("reminders"),
    _number("reminded"),
    _number("pings"),
    _number("pinged"),
    _number("breaches"),
    _at("quiet_until", nullable=True),
    Column("quiet_by", Id, nullable=True),
    Column("answered_by", Id, nullable=True),
    _at("wake_at", nullable=True),
    _number("over"),
)
Index("ix_clocks_ticket_id", clocks.c.ticket_id, clocks.c.id)
Index(
    "uq_clocks_running",
    clocks.c.ticket_id,
    unique=True,
    sqlite_where=text("over = 0"),
    postgresql_where=text("over = 0"),
)
Index("ix_clocks_wake_at", clocks.c.wake_at, sqlite_where=text("over = 0"), postgresql_where=text("over = 0"))

reminders = Table(  # what was given for a clock: each number once
    "reminders",
    metadata,
    Column("clock_id", Id, ForeignKey("clocks.id"), primary_key=True),
    Column("kind", Text, primary_key=True),  # reminder | ping
    Column("number", Integer, primary_key=True),
    _at("at"),
)

pings = Table(  # a message to the leads about one or several breaches
    "pings",
    metadata,
    _id(),
    _ref("place_id", "places.id"),
    Column("ref", Text, nullable=True),
    _at("created_at"),
)

Index("ix_pings_place_id", pings.c.place_id, pings.c.ref)

ping_clocks = Table(
    "ping_clocks",
    metadata,
    Column("ping_id", Id, ForeignKey("pings.id"), primary_key=True),
    Column("clock_id", Id, ForeignKey("clocks.id"), primary_key=True),
)
Index("ix_ping_clocks_clock_id", ping_clocks.c.clock_id)

hours_days = Table(  # days whose hours were set from a chat
    "hours_days",
    metadata,
    Column("desk", Text, primary_key=True),  # empty: all desks
    Column("day", Text, primary_key=True),  # 2026-12-31
    _text("intervals"),  # 10:00-14:00,15:00-20:00; empty: closed
    _text("set_by"),
    _at("set_at"),
)

duty = Table(  # what people set over the rota
    "duty",
    metadata,
    _id(),
    _text("change"),  # instead | also | away
    _text("agents"),  # addresses, separated by blanks
    _at("start_at"),
    _at("end_at", nullable=True),
    _text("set_by"),
)

once = Table(
    "once",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    _at("at"),
)

Index("ix_once_at", once.c.at)

events = Table(  # who did what when
    "events",
    metadata,
    _id(),
    _ref("ticket_id", "tickets.id"),
    Column("person_id", Id, nullable=True),
    _text("what"),
    _text("detail"),
    _at("at"),
)
Index("ix_events_ticket_id", events.c.ticket_id)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    _text("owner"),
    _number("token"),
    _number("until"),
)

facts = Table(  # single values of the program itself: the claim code, keys that sign
    "facts",
    metadata,
    Column("name", Text, primary_key=True),
    _text("value"),
)

# The built-in messenger is a platform of its own: only storage/webchat.py reads and writes these.

web_people = Table(
    "web_people",
    metadata,
    _id(),
    _text("native"),
    _text("kind"),  # customer | agent
    _text("name"),
    _text("locale"),
    _text("timezone"),
    _number("admin"),
    _number("revoked"),
    _at("created_at"),
    _text("user_key"),  # what the host product calls its user; empty: they never signed in
    _text("tier"),
    _text("details"),  # what the host product's token told of them, JSON
    UniqueConstraint("native"),
)
Index(
    "uq_web_people_user_key",
    web_people.c.user_key,
    unique=True,
    sqlite_where=text("user_key <> ''"),
    postgresql_where=text("user_key <> ''"),
)
Index(
    "ix_web_people_agents",
    web_people.c.id,
    sqlite_where=text("kind = 'agent'"),
    postgresql_where=text("kind = 'agent'"),
)

web_sessions = Table(  # sign-in links (used once) and sessions, by the hash of their token
    "web_sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    _ref("person_id", "web_people.id"),
    _text("kind"),  # invite | session
    _at("created_at"),
    _at("until"),
    _at("used_at", nullable=True),
)
Index("ix_web_sessions_person_id", web_sessions.c.person_id)

web_chats = Table(
    "web_chats",
    metadata,
    _id(),
    _text("native"),
    _text("kind"),  # private | group
    _text("title"),
    _number("next_seq", 1),
    Column("joined_to", Id, nullable=True),  # whoever wrote here has signed in: the talk goes on in that chat
    UniqueConstraint("native"),
)

Index(
    "ix_web_chats_groups",
    web_chats.c.id,
    sqlite_where=text("kind = 'group'"),
    postgresql_where=text("kind = 'group'"),
)

web_threads = Table(
    "web_threads",
    metadata,
    _id(),
    _ref("chat_id", "web_chats.id"),
    _text("title"),
    _number("closed"),
    _number("waiting"),  # the customer wrote last, and nothing has reached them since
    _number("seq"),  # of the chat; given anew at every change of the thread or in it
    Column("last_message_id", Id, nullable=True),
    _at("last_at"),
    _at("created_at"),
)
Index("ix_web_threads_seq", web_threads.c.chat_id, web_threads.c.seq)
Index("ix_web_threads_last", web_threads.c.chat_id, web_threads.c.closed, web_threads.c.last_at)

web_messages = Table(
    "web_messages",
    metadata,
    _id(),
    _ref("chat_id", "web_chats.id"),
    Column("thread_id", Id, nullable=False, server_default=text("0")),  # 0: outside any thread
    _number("seq"),  # given anew at every change, so that a browser catches up by one number
    Column("person_id", Id, nullable=True),  # None: the bot
    _text("client_key"),
    _text("role"),  # message | card | bot
    _text("author"),
    _text("content"),
    _text("words"),  # what a search finds it by, without case; only in desks
    _text("buttons"),
    _text("album"),
    Column("reply_to_id", Id, nullable=True),
    Column("copy_of_id", Id, nullable=True),  # the message of another web chat that the bot copied here
    _text("reactions"),
    _text("mark"),  # delivered | seen | failed
    _number("edited"),
    _number("deleted"),
    _at("sent_at"),
    UniqueConstraint("chat_id", "seq"),
)
Index(
    "uq_web_messages_client_key",
    web_messages.c.chat_id,
    web_messages.c.client_key,
    unique=True,
    sqlite_where=text("client_key <> ''"),
    postgresql_where=text("client_key <> ''"),
)
Index("ix_web_messages_thread", web_messages.c.chat_id, web_messages.c.thread_id, web_messages.c.id)

# The index of words that a search on the staff page reads. On SQLite it is a table of SQLite's own (FTS5), kept by
# triggers, so that whatever changes a message's words changes the index with them; elsewhere an ordinary index.
WORDS_ON_SQLITE = (
    """CREATE VIRTUAL TABLE web_words USING fts5(
        words, content='web_messages', content_rowid='id', tokenize="unicode61 remove_diacritics 0", prefix='1 2 3')""",
    """CREATE TRIGGER web_words_added AFTER INSERT ON web_messages WHEN new.words <> '' BEGIN
        INSERT INTO web_words(rowid, words) VALUES (new.id, new.words); END""",
    """CREATE TRIGGER web_words_changed AFTER UPDATE OF words ON web_messages WHEN old.words <> new.words BEGIN
        INSERT INTO web_words(web_words, rowid, words)
            SELECT 'delete', old.id, old.words WHERE old.words <> '';
        INSERT INTO web_words(rowid, words) SELECT new.id, new.words WHERE new.words <> ''; END""",
    """CREATE TRIGGER web_words_gone AFTER DELETE ON web_messages WHEN old.words <> '' BEGIN
        INSERT INTO web_words(web_words, rowid, words) VALUES ('delete', old.id, old.words); END""",
)
for _statement in WORDS_ON_SQLITE:
    event.listen(web_messages, "after_create", DDL(_statement).execute_if(dialect="sqlite"))  # type: ignore[no-untyped-call]
Index(
    "ix_web_messages_words",
    func.to_tsvector(text("'simple'"), web_messages.c.words),  # the first column of an index tells its table
    postgresql_using="gin",
    postgresql_where=text("words <> ''"),
).ddl_if(dialect="postgresql")

web_reads = Table(  # how far a person has read a chat or thread
    "web_reads",
    metadata,
    Column("person_id", Id, primary_key=True),
    Column("chat_id", Id, primary_key=True),
    Column("thread_id", Id, primary_key=True),  # 0: outside any thread
    _number("message_id"),
)

web_files = Table(
    "web_files",
    metadata,
    _id(),
    _text("token"),
    Column("person_id", Id, nullable=True),  # who uploaded it; None: the bot
    _text("name"),
    _text("mime"),
    _number("size"),
    _number("width"),
    _number("height"),
    _number("complete"),
    _at("created_at"),
    UniqueConstraint("token"),
)

Index(
    "ix_web_files_incomplete",
    web_files.c.created_at,
    sqlite_where=text("complete = 0"),
    postgresql_where=text("complete = 0"),
)

web_file_chunks = Table(
    "web_file_chunks",
    metadata,
    Column("file_id", Id, ForeignKey("web_files.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)

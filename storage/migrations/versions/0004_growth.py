"""indexes that keep a large database quick, and an index of words for the staff page's search"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PARTIAL = (
    ("ix_chats_parked", "chats", ["id"], "parked <> ''"),
    ("ix_letters_joined_to", "letters", ["joined_to"], "joined_to IS NOT NULL"),
    ("ix_links_own", "links", ["place_id"], "message_id IS NULL"),
    ("ix_customers_same_as_id", "customers", ["same_as_id"], "same_as_id IS NOT NULL"),
    ("ix_web_people_agents", "web_people", ["id"], "kind = 'agent'"),
    ("ix_web_chats_groups", "web_chats", ["id"], "kind = 'group'"),
    ("ix_web_files_incomplete", "web_files", ["created_at"], "complete = 0"),
    (
        "ix_places_state_due",
        "places",
        ["id"],
        "state IN ('open', 'left') AND (card_wanted <> card_shown OR closed_wanted <> closed_shown)",
    ),
)
_WORDS_ON_SQLITE = (
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


def upgrade() -> None:
    op.drop_index("ix_places_state_due", table_name="places")
    for name, table, columns, where in _PARTIAL:
        op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
    op.create_index("ix_pings_place_id", "pings", ["place_id", "ref"])
    op.create_index("ix_once_at", "once", ["at"])
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if on_sqlite:
        for statement in _WORDS_ON_SQLITE:
            op.execute(statement)
    _words_anew()
    if not on_sqlite:
        op.execute(
            "CREATE INDEX ix_web_messages_words ON web_messages"
            " USING gin (to_tsvector('simple', words)) WHERE words <> ''"
        )


def _words_anew() -> None:
    """Words are kept as tokens from now on; the triggers bring them into the index."""
    conn = op.get_bind()
    messages = sa.table("web_messages", sa.column("id"), sa.column("words"))
    after = 0
    while True:
        page = sa.select(messages.c.id, messages.c.words).where(messages.c.id > after, messages.c.words != "")
        rows = conn.execute(page.order_by(messages.c.id).limit(1000)).all()
        if not rows:
            return
        for row_id, words in rows:
            tokens = " ".join(re.findall(r"[^\W_]+", words.replace("ё", "е")))
            for value in ("", tokens):
                conn.execute(sa.update(messages).where(messages.c.id == row_id).values(words=value))
        after = rows[-1][0]

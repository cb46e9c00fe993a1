"""The first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "chats",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("messenger", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("native", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("threaded", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_lane", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("parked", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("lease_owner", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("lease_token", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
        sa.UniqueConstraint("messenger", "account", "native", name=op.f("uq_chats_messenger_account_native")),
    )
    op.create_table(
        "duty",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("change", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("agents", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("start_at", sa.BigInteger(), nullable=False),
        sa.Column("end_at", sa.BigInteger(), nullable=True),
        sa.Column("set_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    op.create_table(
        "facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_facts")),
    )
    op.create_table(
        "hours_days",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("intervals", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("set_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("desk", "day", name=op.f("pk_hours_days")),
    )
    op.create_table(
        "inbound_lanes",
        sa.Column("messenger", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("messenger", "account", "lane", name=op.f("pk_inbound_lanes")),
    )
    op.create_table(
        "journal",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("messenger", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("key", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("lane", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("album", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("payload", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'new'"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint("messenger", "account", "key", name=op.f("uq_journal_messenger_account_key")),
    )
    op.create_index(
        "ix_journal_failed",
        "journal",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    op.create_index(
        "ix_journal_new",
        "journal",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index("ix_journal_received_at", "journal", ["received_at"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("token", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("until", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "once",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "scope", "period", name=op.f("pk_once")),
    )
    op.create_table(
        "people",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("messenger", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("account", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("native", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("username", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("locale", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("chosen_locale", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("timezone", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("admin", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint(
            "messenger", "account", "native", name=op.f("uq_people_messenger_account_native")
        ),
    )
    op.create_index("ix_people_username", "people", ["username"], unique=False)
    op.create_table(
        "web_chats",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("native", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("next_seq", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("joined_to", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_chats")),
        sa.UniqueConstraint("native", name=op.f("uq_web_chats_native")),
    )
    op.create_table(
        "web_files",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("token", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("mime", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("size", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("width", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("height", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("complete", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_files")),
        sa.UniqueConstraint("token", name=op.f("uq_web_files_token")),
    )
    op.create_table(
        "web_people",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("native", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("locale", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("timezone", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("admin", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("revoked", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("user_key", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("tier", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("details", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_people")),
        sa.UniqueConstraint("native", name=op.f("uq_web_people_native")),
    )
    op.create_index(
        "uq_web_people_user_key",
        "web_people",
        ["user_key"],
        unique=True,
        sqlite_where=sa.text("user_key <> ''"),
        postgresql_where=sa.text("user_key <> ''"),
    )
    op.create_table(
        "web_reads",
        sa.Column("person_id", ID, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("thread_id", ID, nullable=False),
        sa.Column("message_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "chat_id", "thread_id", name=op.f("pk_web_reads")),
    )
    op.create_table(
        "attempts",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_attempts_chat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_at", "attempts", ["at"], unique=False)
    op.create_table(
        "chat_aliases",
        sa.Column("messenger", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("native", sa.Text(), nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_chat_aliases_chat_id")),
        sa.PrimaryKeyConstraint("messenger", "account", "native", name=op.f("pk_chat_aliases")),
    )
    op.create_table(
        "customers",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("details", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("next_desk", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("tier", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("blocked_at", sa.BigInteger(), nullable=True),
        sa.Column("rating_asked_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_customers_chat_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_customers_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("chat_id", name=op.f("uq_customers_chat_id")),
        sa.UniqueConstraint("person_id", name=op.f("uq_customers_person_id")),
    )
    op.create_table(
        "desks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("bound_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("bound_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_desks_chat_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_desks")),
        sa.UniqueConstraint("chat_id", name=op.f("uq_desks_chat_id")),
    )
    op.create_table(
        "places",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("ticket_id", ID, nullable=True),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("root", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("next_seq", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("card_ref", sa.Text(), nullable=True),
        sa.Column("card_wanted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("card_shown", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("card_menu", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("card_print", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("closed_wanted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("closed_shown", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("generation", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("turn", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_places_chat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("chat_id", "root", name=op.f("uq_places_chat_id_root")),
    )
    op.create_index(
        "ix_places_state_due",
        "places",
        ["id"],
        unique=False,
        sqlite_where=sa.text(
            "state = 'open' AND (card_wanted <> card_shown OR closed_wanted <> closed_shown)"
        ),
        postgresql_where=sa.text(
            "state = 'open' AND (card_wanted <> card_shown OR closed_wanted <> closed_shown)"
        ),
    )
    op.create_index("ix_places_ticket_id", "places", ["ticket_id"], unique=False)
    op.create_index(
        "uq_places_whole_chat",
        "places",
        ["chat_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'chat'"),
        postgresql_where=sa.text("kind = 'chat'"),
    )
    op.create_table(
        "web_file_chunks",
        sa.Column("file_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["web_files.id"], name=op.f("fk_web_file_chunks_file_id")),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_web_file_chunks")),
    )
    op.create_table(
        "web_messages",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("thread_id", ID, server_default=sa.text("0"), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("client_key", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("role", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("author", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("content", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("words", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("buttons", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("album", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reply_to_id", ID, nullable=True),
        sa.Column("copy_of_id", ID, nullable=True),
        sa.Column("reactions", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("mark", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("edited", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("deleted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["web_chats.id"], name=op.f("fk_web_messages_chat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_messages")),
        sa.UniqueConstraint("chat_id", "seq", name=op.f("uq_web_messages_chat_id_seq")),
    )
    op.create_index("ix_web_messages_thread", "web_messages", ["chat_id", "thread_id", "id"], unique=False)
    op.create_index(
        "uq_web_messages_client_key",
        "web_messages",
        ["chat_id", "client_key"],
        unique=True,
        sqlite_where=sa.text("client_key <> ''"),
        postgresql_where=sa.text("client_key <> ''"),
    )
    op.create_table(
        "web_sessions",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["web_people.id"], name=op.f("fk_web_sessions_person_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_sessions")),
    )
    op.create_index("ix_web_sessions_person_id", "web_sessions", ["person_id"], unique=False)
    op.create_table(
        "web_threads",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("closed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("waiting", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_message_id", ID, nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["web_chats.id"], name=op.f("fk_web_threads_chat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_threads")),
    )
    op.create_index("ix_web_threads_last", "web_threads", ["chat_id", "closed", "last_at"], unique=False)
    op.create_index("ix_web_threads_seq", "web_threads", ["chat_id", "seq"], unique=False)
    op.create_table(
        "letters",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("ticket_id", ID, nullable=True),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("part", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("payload", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("priority", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("joined_to", ID, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_letters_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint(
            "place_id",
            "kind",
            "message_id",
            "revision",
            "part",
            name=op.f("uq_letters_place_id_kind_message_id_revision_part"),
        ),
        sa.UniqueConstraint("place_id", "seq", name=op.f("uq_letters_place_id_seq")),
    )
    op.create_index("ix_letters_message_id", "letters", ["message_id"], unique=False)
    op.create_index(
        "ix_letters_waiting",
        "letters",
        ["place_id", "seq"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "links",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("message_id", ID, nullable=True),
        sa.Column("letter_id", ID, nullable=True),
        sa.Column("ticket_id", ID, nullable=True),
        sa.Column("role", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("part", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("joined", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reaction", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_links_chat_id")),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_links_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_links")),
    )
    op.create_index("ix_links_chat_ref", "links", ["chat_id", "ref"], unique=False)
    op.create_index("ix_links_message_id", "links", ["message_id"], unique=False)
    op.create_table(
        "pings",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_pings_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pings")),
    )
    op.create_table(
        "tickets",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("customer_place_id", ID, nullable=False),
        sa.Column("desk_place_id", ID, nullable=True),
        sa.Column("desk", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'agent'"), nullable=False),
        sa.Column("subject", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("assignee_id", ID, nullable=True),
        sa.Column("assigned_at", sa.BigInteger(), nullable=True),
        sa.Column("unanswered_since", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("rating_comment", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_tickets_customer_id")),
        sa.ForeignKeyConstraint(
            ["customer_place_id"], ["places.id"], name=op.f("fk_tickets_customer_place_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
    )
    op.create_index("ix_tickets_customer_id", "tickets", ["customer_id"], unique=False)
    op.create_index(
        "ix_tickets_idle",
        "tickets",
        ["touched_at"],
        unique=False,
        sqlite_where=sa.text("state = 'customer'"),
        postgresql_where=sa.text("state = 'customer'"),
    )
    op.create_index(
        "ix_tickets_open",
        "tickets",
        ["desk"],
        unique=False,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_index(
        "ix_tickets_snoozed",
        "tickets",
        ["snoozed_until"],
        unique=False,
        sqlite_where=sa.text("state = 'snoozed'"),
        postgresql_where=sa.text("state = 'snoozed'"),
    )
    op.create_index(
        "ix_tickets_unanswered",
        "tickets",
        ["desk", "unanswered_since"],
        unique=False,
        sqlite_where=sa.text("state = 'agent'"),
        postgresql_where=sa.text("state = 'agent'"),
    )
    op.create_index(
        "uq_tickets_current",
        "tickets",
        ["customer_place_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "clocks",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("held_at", sa.BigInteger(), nullable=True),
        sa.Column("held_used", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reminders", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reminded", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("pings", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("pinged", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("breaches", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("quiet_until", sa.BigInteger(), nullable=True),
        sa.Column("quiet_by", ID, nullable=True),
        sa.Column("answered_by", ID, nullable=True),
        sa.Column("wake_at", sa.BigInteger(), nullable=True),
        sa.Column("over", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_clocks_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clocks")),
    )
    op.create_index("ix_clocks_ticket_id", "clocks", ["ticket_id", "id"], unique=False)
    op.create_index(
        "ix_clocks_wake_at",
        "clocks",
        ["wake_at"],
        unique=False,
        sqlite_where=sa.text("over = 0"),
        postgresql_where=sa.text("over = 0"),
    )
    op.create_index(
        "uq_clocks_running",
        "clocks",
        ["ticket_id"],
        unique=True,
        sqlite_where=sa.text("over = 0"),
        postgresql_where=sa.text("over = 0"),
    )
    op.create_table(
        "events",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("what", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_events_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_ticket_id", "events", ["ticket_id"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("chat_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("content", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("deleted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("reply_to_id", ID, nullable=True),
        sa.Column("album_id", ID, nullable=True),
        sa.Column("mark_wanted", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("mark_shown", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_messages_chat_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_messages_person_id")),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_messages_place_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_messages_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("chat_id", "ref", name=op.f("uq_messages_chat_id_ref")),
    )
    op.create_index("ix_messages_album_id", "messages", ["album_id"], unique=False)
    op.create_index(
        "ix_messages_mark_due",
        "messages",
        ["place_id"],
        unique=False,
        sqlite_where=sa.text("mark_wanted <> mark_shown"),
        postgresql_where=sa.text("mark_wanted <> mark_shown"),
    )
    op.create_index("ix_messages_ticket_id", "messages", ["ticket_id", "id"], unique=False)
    op.create_table(
        "ping_clocks",
        sa.Column("ping_id", ID, nullable=False),
        sa.Column("clock_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name=op.f("fk_ping_clocks_clock_id")),
        sa.ForeignKeyConstraint(["ping_id"], ["pings.id"], name=op.f("fk_ping_clocks_ping_id")),
        sa.PrimaryKeyConstraint("ping_id", "clock_id", name=op.f("pk_ping_clocks")),
    )
    op.create_index("ix_ping_clocks_clock_id", "ping_clocks", ["clock_id"], unique=False)
    op.create_table(
        "reminders",
        sa.Column("clock_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name=op.f("fk_reminders_clock_id")),
        sa.PrimaryKeyConstraint("clock_id", "kind", "number", name=op.f("pk_reminders")),
    )

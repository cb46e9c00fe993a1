"""What a failed call means: may it be tried again, does it hold for the message, the thread, the chat, the account? Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.messengers.slack.wire import ApiError, NotReachedError, WireError
from domain.requests import Outcome, Refused, TryLater, Unsure

if TYPE_CHECKING:
    from typing import Literal

    Scope = Literal["message", "thread", "chat", "account"]

_RULES: dict[str, tuple[Scope, str]] = {
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "no_permission"),
        ("account", "refused.token"),
    ),
    **dict.fromkeys(("channel_not_found", "invalid_channel"), ("chat", "refused.chat_not_found")),
    **dict.fromkeys(("not_in_channel", "user_not_in_channel"), ("chat", "refused.kicked")),
    **dict.fromkeys(("is_archived", "is_inactive"), ("chat", "refused.chat_gone")),
    "user_disabled": ("chat", "refused.deactivated"),
    "messages_tab_disabled": ("chat", "refused.messages_tab"),
    **dict.fromkeys(
        (
            "restricted_action",
            "restricted_action_read_only_channel",
            "restricted_action_thread_only_channel",
            "restricted_action_non_threadable_channel",
            "cannot_dm_bot",
            "ekm_access_denied",
            "team_access_not_granted",
        ),
        ("chat", "refused.no_rights"),
    ),
    **dict.fromkeys(
        ("thread_not_found", "invalid_thread_ts", "cannot_reply_to_message", "restricted_action_thread_locked"),
        ("thread", "refused.thread_gone"),
    ),
    **dict.fromkeys(("message_not_found", "bad_timestamp"), ("message", "refused.message_gone")),
    "edit_window_closed": ("message", "refused.edit_too_late"),
    **dict.fromkeys(("cant_update_message", "is_inactive_message"), ("message", "refused.cannot_edit")),
    **dict.fromkeys(("cant_delete_message", "compliance_exports_prevent_deletion"), ("message", "refused.no_rights")),
    **dict.fromkeys(("invalid_name", "too_many_emoji", "too_many_reactions", "not_reactable"), ("message", "refused.reaction")),
    **dict.fromkeys(("msg_too_long", "msg_blocks_too_long"), ("message", "refused.too_long")),
    **dict.fromkeys(("file_too_large", "storage_limit_reached"), ("message", "refused.file_too_big")),
    **dict.fromkeys(("file_not_found", "file_deleted"), ("message", "refused.file_gone")),
    "missing_scope": ("message", "refused.no_rights"),
}  # fmt: skip

_LATER = ("service_unavailable", "team_added_to_org", "upload_failed", "accesslimited")
_UNKNOWN = ("fatal_error", "internal_error", "request_timeout")
"""Slack says of these that part of it may have happened."""

BAD_BLOCKS = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")


def outcome_of(error: WireError) -> Outcome:
    """What becomes of a request that met this error."""
    if isinstance(error, NotReachedError):
        return TryLater(str(error))
    if not isinstance(error, ApiError) or error.code in _UNKNOWN:
        return Unsure(str(error))
    if error.retry_after is not None:
        return TryLater(error.code, error.retry_after, limited=True)
    if error.code in _LATER:
        return TryLater(error.code)
    if error.needed == "chat:write":
        return Refused("account", "refused.token", str(error))
    scope, reason = _RULES.get(error.code, ("message", "refused.platform"))
    return Refused(scope, reason, str(error))

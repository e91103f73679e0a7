"""Every error word of the Slack methods opsbot calls or may call: what kind it is, and its cure.

Sources: the error lists of Slack's method pages, and the page "Web API errors". A cure is a
sentence for the responder who reads it in the room; `{error}` and `{method}` are filled in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opsbot.slack.error_kind import Kind, Row
from opsbot.slack.errors_files import FILES


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """How one error word is judged."""

    kind: Kind
    cure: str


# A write that met one of these may have happened (Slack: "some aspect of the operation succeeded").
MAYBE_DONE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
MIGRATING = frozenset({"org_login_required", "team_added_to_org", "external_channel_migrating"})

_DEFECT = "Slack did not understand opsbot ({method}: {error}): please report this as a defect."
_TOKEN = (
    "Slack refuses opsbot's bot token ({error}): put the current one from the app's page "  # noqa: S105 - a sentence
    "'OAuth & Permissions' where opsbot's settings say; no restart is needed."
)
_ADMIN = "Slack does not let opsbot do this ({method}: {error}): ask a workspace admin."
_LATER = "Slack cannot answer right now ({error}): opsbot tries again by itself."
_BLOCKS = "Slack refused the layout of a message ({error}): opsbot shows it as plain text instead."
_CONNECT = "This channel is shared with another company, whose rules forbid it ({error})."
_AGAIN = "The form or button has expired: press it again."

_ANY: tuple[Row, ...] = (
    (
        Kind.FATAL,
        "",
        "invalid_auth not_authed account_inactive token_revoked token_expired",
        _TOKEN,
    ),
    (
        Kind.CONFIG,
        "",
        "missing_scope",
        "opsbot's Slack app lacks a permission for {method}: add the scope {needed} under "
        "'OAuth & Permissions' and install the app again.",
    ),
    (
        Kind.CONFIG,
        "",
        "not_allowed_token_type is_bot",
        "opsbot was given a token of the wrong type: use the bot token that begins with xoxb-.",
    ),
    (
        Kind.CONFIG,
        "",
        "accesslimited",
        "Slack refuses calls from this network: ask a workspace admin to add opsbot's address to "
        "the app's allowed addresses.",
    ),
    (
        Kind.CONFIG,
        "",
        "no_permission access_denied app_access_restricted enterprise_is_restricted "
        "ekm_access_denied two_factor_setup_required permission_denied restricted_action "
        "not_authorized cannot_bookmark_from_external_org "
        "cannot_bookmark_restricted_sharing_enabled",
        _ADMIN,
    ),
    (
        Kind.CONFIG,
        "",
        "method_deprecated deprecated_endpoint not_implemented",
        "Slack has switched off something this version of opsbot uses ({method}): update opsbot.",
    ),
    (Kind.RETRY, "", "ratelimited rate_limited too_many_requests", _LATER),
    (Kind.RETRY, "", "service_unavailable request_timeout internal_error fatal_error", _LATER),
    (Kind.RETRY, "", "update_failed fetch_members_failed canvas_editing_locked", _LATER),
    (
        Kind.RETRY,
        "",
        "org_login_required team_added_to_org external_channel_migrating",
        "Slack is moving this workspace or channel ({error}): opsbot tries again by itself.",
    ),
    (
        Kind.BUG,
        "",
        "invalid_arguments invalid_arg_name invalid_array_arg invalid_charset invalid_form_data "
        "invalid_json json_not_object invalid_post_type missing_post_type missing_argument "
        "unknown_method invalid_cursor invalid_limit invalid_types limit_required "
        "invalid_ts_latest invalid_ts_oldest invalid_metadata_filter_keys bad_timestamp "
        "no_item_specified as_user_not_supported invalid_name invalid_name_required "
        "invalid_name_maxlength invalid_name_punctuation invalid_name_specials",
        _DEFECT,
    ),
    (Kind.GONE, "", "channel_not_found", "The channel is gone, or opsbot was removed from it."),
    (Kind.GONE, "", "is_archived", "The channel is archived: unarchive it to go on there."),
    (Kind.GONE, "", "message_not_found thread_not_found", "The message was deleted in Slack."),
    (
        Kind.CONFIG,
        "",
        "not_in_channel",
        "opsbot is not in that channel: type '/invite @opsbot' there.",
    ),
    (
        Kind.CONFIG,
        "",
        "method_not_supported_for_channel_type channel_is_limited_access",
        "Slack does not offer this for that kind of channel ({method}: {error}): name another.",
    ),
    (
        Kind.CONFIG,
        "",
        "user_is_restricted",
        "Slack counts opsbot as a guest there: ask a workspace admin to lift the restriction.",
    ),
    (
        Kind.CONFIG,
        "",
        "team_not_found",
        "Slack needs the channel's id, not its name: put the id (C...) into opsbot.yaml.",
    ),
    (
        Kind.CONFIG,
        "",
        "slack_connect_canvas_sharing_blocked slack_connect_file_link_sharing_blocked "
        "slack_connect_lists_sharing_blocked slack_connect_blocked_file_type "
        "slack_connect_clip_sharing_blocked slack_connect_file_upload_sharing_blocked",
        _CONNECT,
    ),
)
_CHANNELS: tuple[Row, ...] = (
    (
        Kind.CONFIG,
        "conversations.create",
        "restricted_action cannot_create_channel",
        "Slack does not let opsbot create channels: ask a workspace admin to allow it under "
        "'Settings & permissions', 'Channel management'.",
    ),
    (Kind.CONFIG, "conversations.create", "canvas_disabled_user_team", _ADMIN),
    (
        Kind.CONFIG,
        "conversations.create",
        "name_taken",
        "Somebody else's channel holds every name opsbot tried: rename or delete one of them.",
    ),
    (Kind.BUG, "conversations.create", "no_channel", _DEFECT),
    (Kind.CONFIG, "conversations.rename", "name_taken", "Another channel holds that name."),
    (Kind.BENIGN, "conversations.invite", "already_in_channel cant_invite_self", ""),
    (
        Kind.CONFIG,
        "conversations.invite",
        "user_not_found no_user",
        "Slack does not know this account: correct its Slack id in opsbot.yaml.",
    ),
    (
        Kind.CONFIG,
        "conversations.invite",
        "cant_invite no_permission",
        "Slack does not let opsbot invite them: ask somebody in the room to invite them.",
    ),
    (
        Kind.CONFIG,
        "conversations.invite",
        "user_is_restricted ura_max_channels",
        "They are a guest whom only a workspace admin may bring into more channels.",
    ),
    (
        Kind.CONFIG,
        "conversations.invite",
        "org_user_not_in_team invitee_cant_see_channel",
        "They are not in this workspace of the organisation: ask an org admin to add them.",
    ),
    (
        Kind.CONFIG,
        "conversations.invite",
        "no_external_invite_permission",
        "They belong to another company: ask somebody who may invite external people.",
    ),
    (
        Kind.CONFIG,
        "conversations.invite",
        "app_cannot_join_channel",
        "They are an app, and apps cannot be brought into this channel.",
    ),
    (
        Kind.CONFIG,
        "conversations.join",
        "too_many_members",
        "The channel is full: name another in opsbot.yaml.",
    ),
    (
        Kind.CONFIG,
        "conversations.kick",
        "cant_kick_self cant_kick_from_general not_supported",
        _ADMIN,
    ),
    (Kind.BUG, "conversations.setTopic", "too_long", _DEFECT),
    (Kind.BUG, "conversations.setPurpose", "too_long", _DEFECT),
    (Kind.BENIGN, "conversations.archive", "already_archived", ""),
    (
        Kind.CONFIG,
        "conversations.archive",
        "cant_archive_general cant_archive_required",
        "This channel can never be archived; opsbot leaves it as it is.",
    ),
    (Kind.BENIGN, "conversations.unarchive", "not_archived", ""),
    (Kind.RETRY, "conversations.replies", "list_record_comment_fetch_failed", _LATER),
)
_MESSAGES: tuple[Row, ...] = (
    (
        Kind.BUG,
        "",
        "invalid_blocks invalid_blocks_format msg_blocks_too_long block_mismatch "
        "invalid_attachments too_many_attachments attachment_payload_limit_exceeded "
        "too_many_contact_cards",
        _BLOCKS,
    ),
    (
        Kind.BUG,
        "",
        "msg_too_long no_text markdown_text_conflict metadata_too_large invalid_metadata_format "
        "invalid_metadata_schema metadata_must_be_sent_from_app missing_file_data "
        "send_on_behalf_not_allowed draft_already_deleted draft_already_sent draft_has_conflict "
        "draft_not_found duplicate_channel_not_found duplicate_message_not_found "
        "streaming_state_conflict",
        _DEFECT,
    ),
    (
        Kind.BUG,
        "chat.update",
        "file_deleted file_is_deleted file_not_found blocked_file_type file_share_limit_reached "
        "max_file_sharing_exceeded unable_to_share_files cant_broadcast_message "
        "no_dual_broadcast_content_update",
        _DEFECT,
    ),
    (
        Kind.CONFIG,
        "",
        "restricted_action_read_only_channel restricted_action_thread_only_channel "
        "restricted_action_non_threadable_channel restricted_action_thread_locked "
        "posting_to_channel_denied",
        "That channel's posting rules keep opsbot out ({error}): let apps post there, or name "
        "another channel in opsbot.yaml.",
    ),
    (
        Kind.CONFIG,
        "",
        "messages_tab_disabled",
        "Direct messages from opsbot are switched off: enable 'Messages tab' in its app settings.",
    ),
    (
        Kind.CONFIG,
        "",
        "message_limit_exceeded",
        "The workspace has used up its messages: ask a workspace admin about the plan.",
    ),
    (
        Kind.GONE,
        "",
        "cannot_reply_to_message",
        "The message takes no replies; post in the channel.",
    ),
    (Kind.GONE, "chat.update", "is_inactive", "The channel is archived or deleted."),
    (
        Kind.CONFIG,
        "chat.update",
        "cant_update_message edit_window_closed",
        "Slack does not let opsbot edit its message any more ({error}): ask a workspace admin to "
        "allow message editing without a time limit.",
    ),
    (
        Kind.GONE,
        "chat.postEphemeral",
        "user_not_in_channel",
        "They are not in that channel, so nobody would see the answer.",
    ),
    (Kind.BENIGN, "pins.add", "already_pinned", ""),
    (
        Kind.CONFIG,
        "pins.add",
        "too_many_pins not_pinnable",
        "The message cannot be pinned ({error}): unpin others in that channel.",
    ),
    (Kind.GONE, "pins.add", "file_not_found file_not_shared", "The file was deleted in Slack."),
    (
        Kind.CONFIG,
        "bookmarks.add",
        "too_many_bookmarks too_many_tabs",
        "The channel has no room for another bookmark: remove one there.",
    ),
    (
        Kind.BUG,
        "bookmarks.add",
        "invalid_link invalid_emoji invalid_bookmark_type invalid_app_action_type "
        "invalid_shortcut_type invalid_child_type invalid_entity_id invalid_parent_type "
        "parent_bookmark_disabled parent_with_link file_already_added file_not_found",
        _DEFECT,
    ),
    (Kind.GONE, "", "not_found", "It is not there any more."),
    (Kind.BENIGN, "reactions.add", "already_reacted", ""),
    (
        Kind.CONFIG,
        "reactions.add",
        "too_many_emoji too_many_reactions thread_locked not_reactable no_access",
        "The message takes no more reactions ({error}).",
    ),
)
_OTHERS: tuple[Row, ...] = (
    (Kind.CONFIG, "", "expired_trigger_id exchanged_trigger_id", _AGAIN),
    (
        Kind.BUG,
        "",
        "invalid_trigger_id view_too_large duplicate_external_id push_limit_reached",
        _DEFECT,
    ),
    (Kind.BENIGN, "views.update", "hash_conflict", ""),
    (Kind.GONE, "", "users_not_found", "No Slack account has that e-mail address."),
    (Kind.GONE, "", "user_not_found user_not_visible user_disabled", "The account is gone."),
    (Kind.GONE, "", "no_such_subteam", "The user group is gone: correct it in opsbot.yaml."),
    (
        Kind.CONFIG,
        "",
        "plan_upgrade_required canvas_disabled_user_team team_tier_cannot_create_channel_canvases "
        "free_teams_cannot_create_non_tabbed_canvases free_teams_cannot_edit_standalone_canvases",
        "The workspace's plan does not include this ({error}); opsbot goes on without it.",
    ),
    (Kind.CONFIG, "", "subteam_max_users_exceeded", "The user group is full."),
    (Kind.BUG, "", "invalid_users canvas_too_large", _DEFECT),
    (
        Kind.BENIGN,
        "",
        "channel_canvas_already_exists free_team_canvas_tab_already_exists",
        "",
    ),
    (Kind.GONE, "", "canvas_not_found canvas_deleted", "The canvas was deleted in Slack."),
    (
        Kind.CONFIG,
        "oauth.v2.access",
        "bad_client_secret bad_redirect_uri cannot_install_an_org_installed_app invalid_code "
        "invalid_refresh_token pkce_not_allowed",
        "The installation failed ({error}): check the app's client id, secret and redirect URL, "
        "and install it again.",
    ),
)


def _rulings() -> Iterator[tuple[tuple[str, str], Ruling]]:
    for kind, method, words, cure in (*_ANY, *_CHANNELS, *_MESSAGES, *_OTHERS, *FILES):
        for word in words.split():
            yield (method, word), Ruling(kind=kind, cure=cure)


TABLE: dict[tuple[str, str], Ruling] = dict(_rulings())
_UNKNOWN = Ruling(
    kind=Kind.CONFIG,
    cure="Slack refused {method} with {error}, which this version of opsbot does not know: look "
    "it up on Slack's page for {method}, and consider updating opsbot.",
)


def ruling(method: str, error: str) -> Ruling:
    """Judge an error word met by `method`; what the method's own page says wins."""
    return TABLE.get((method, error)) or TABLE.get(("", error)) or _UNKNOWN


def cure_for(method: str, error: str, *, needed: str = "") -> str:
    """The cure as a sentence; `needed` is the scope Slack names with `missing_scope`."""
    cure = ruling(method, error).cure
    return cure.format(method=method, error=error, needed=needed or "that Slack names")

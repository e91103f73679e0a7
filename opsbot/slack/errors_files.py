"""Error words of uploads, people and views, beside those in `errors.py`."""

from __future__ import annotations

from opsbot.slack.error_kind import Kind, Row

GET, COMPLETE = "files.getUploadURLExternal", "files.completeUploadExternal"
_DEFECT = "Slack did not understand opsbot ({method}: {error}): please report this as a defect."
_NO_FILES = (
    "Slack does not take pictures from opsbot ({error}): ask a workspace admin about the rules for "
    "files. What the pictures show stands on the card in words."
)
_FULL = (
    "The workspace has no room for more files ({error}): ask an admin about the plan. What "
    "the pictures show stands on the card in words."
)

FILES: tuple[Row, ...] = (
    (
        Kind.CONFIG,
        GET,
        "file_uploads_disabled file_uploads_except_images_disabled file_type_not_allowed "
        "file_upload_size_restricted",
        _NO_FILES,
    ),
    (Kind.CONFIG, GET, "storage_limit_reached", _FULL),
    (
        Kind.BUG,
        GET,
        "alt_txt_too_large snippet_too_large unknown_snippet_type unknown_subtype",
        _DEFECT,
    ),
    (
        Kind.CONFIG,
        COMPLETE,
        "file_uploads_except_images_disabled file_type_not_allowed",
        _NO_FILES,
    ),
    (Kind.RETRY, COMPLETE, "file_update_failed", "Slack lost a picture: opsbot draws it again."),
    (Kind.BUG, COMPLETE, "channels_limit_exceeded invalid_channel file_not_found", _DEFECT),
    (
        Kind.RETRY,
        "users.info",
        "too_many_users",
        "Slack cannot look anybody up right now: opsbot tries again by itself.",
    ),
    (
        Kind.CONFIG,
        "views.publish",
        "not_enabled",
        "The Home tab is switched off: enable 'Home Tab' under 'App Home' in the app's settings.",
    ),
    (Kind.BENIGN, "views.publish", "hash_conflict", ""),
    (Kind.BUG, "views.publish", "missing_profile_id", _DEFECT),
)

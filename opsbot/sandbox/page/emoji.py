"""Emoji names as Slack writes them, and the characters they stand for; the common ones only."""

from __future__ import annotations

_FACES = {
    "smile": "😄", "grin": "😁", "joy": "😂", "sweat_smile": "😅", "slightly_smiling_face": "🙂",
    "wink": "😉", "blush": "😊", "thinking_face": "🤔", "neutral_face": "😐", "cry": "😢",
    "sob": "😭", "scream": "😱", "sleeping": "😴", "face_with_monocle": "🧐", "shrug": "🤷",
    "+1": "👍", "thumbsup": "👍", "-1": "👎", "thumbsdown": "👎", "wave": "👋", "clap": "👏",
    "raised_hands": "🙌", "pray": "🙏", "muscle": "💪", "point_right": "👉", "point_up": "☝️",
    "ok_hand": "👌", "handshake": "🤝", "eyes": "👀", "brain": "🧠", "robot_face": "🤖",
    "salute": "🫡", "bow": "🙇", "heart": "❤️", "tada": "🎉", "100": "💯",
}  # fmt: skip
_STATES = {
    "white_check_mark": "✅", "heavy_check_mark": "✔️", "ballot_box_with_check": "☑️", "x": "❌",
    "negative_squared_cross_mark": "❎", "warning": "⚠️", "no_entry": "⛔", "no_entry_sign": "🚫",
    "rotating_light": "🚨", "fire": "🔥", "boom": "💥", "bangbang": "‼️", "exclamation": "❗",
    "question": "❓", "grey_question": "❔", "information_source": "ℹ️", "sos": "🆘",
    "red_circle": "🔴", "large_orange_circle": "🟠", "large_yellow_circle": "🟡",
    "large_green_circle": "🟢", "large_blue_circle": "🔵", "white_circle": "⚪",
    "black_circle": "⚫", "large_red_square": "🟥", "large_green_square": "🟩",
    "arrow_right": "➡️", "arrow_left": "⬅️", "arrow_up": "⬆️", "arrow_down": "⬇️",
    "arrows_counterclockwise": "🔄", "repeat": "🔁", "heavy_plus_sign": "➕",
    "heavy_minus_sign": "➖", "recycle": "♻️", "new": "🆕", "ok": "🆗", "up": "🆙", "zzz": "💤",
    "star": "⭐", "sparkles": "✨", "zap": "⚡", "snowflake": "❄️", "one": "1️⃣", "two": "2️⃣",
    "three": "3️⃣",
}  # fmt: skip
_THINGS = {
    "pushpin": "📌", "round_pushpin": "📍", "paperclip": "📎", "link": "🔗", "bookmark": "🔖",
    "bell": "🔔", "no_bell": "🔕", "loudspeaker": "📢", "mega": "📣", "pager": "📟",
    "telephone_receiver": "📞", "iphone": "📱", "email": "📧", "speech_balloon": "💬",
    "thread": "🧵", "memo": "📝", "pencil": "📝", "pencil2": "✏️", "clipboard": "📋",
    "page_facing_up": "📄", "book": "📖", "books": "📚", "calendar": "📆", "date": "📅",
    "clock1": "🕐", "stopwatch": "⏱️", "alarm_clock": "⏰", "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳", "bar_chart": "📊", "chart_with_upwards_trend": "📈",
    "chart_with_downwards_trend": "📉", "mag": "🔍", "mag_right": "🔎", "bulb": "💡",
    "wrench": "🔧", "hammer": "🔨", "hammer_and_wrench": "🛠️", "gear": "⚙️", "toolbox": "🧰",
    "lock": "🔒", "unlock": "🔓", "key": "🔑", "shield": "🛡️", "package": "📦", "rocket": "🚀",
    "ship": "🚢", "construction": "🚧", "fire_engine": "🚒", "ambulance": "🚑",
    "bug": "🐛", "ghost": "👻", "computer": "💻", "satellite": "📡", "floppy_disk": "💾",
    "wastebasket": "🗑️", "checkered_flag": "🏁", "triangular_flag_on_post": "🚩", "dart": "🎯",
    "house": "🏠", "coffee": "☕", "crown": "👑", "globe_with_meridians": "🌐",
    "busts_in_silhouette": "👥", "bust_in_silhouette": "👤", "technologist": "🧑‍💻",
    "firefighter": "🧑‍🚒", "male-technologist": "👨‍💻", "female-technologist": "👩‍💻",
}  # fmt: skip

CHARACTERS: dict[str, str] = {**_FACES, **_STATES, **_THINGS}

QUICK_REACTIONS = ("white_check_mark", "eyes", "raised_hands", "pushpin")
"""What the message menu offers; opsbot listens for the pushpin."""


def character(name: str) -> str | None:
    """Return the character of an emoji name (a skin tone is passed over), None for one unknown."""
    return CHARACTERS.get(name.partition("::")[0])

"""Foreign words inside Markdown: every text is escaped before a template sees it, so that no
template, ours or a team's, can let a title become a heading, a link, a mention or HTML.

Rules: CommonMark 0.31 (backslash escapes, entities), GitHub Flavored Markdown (autolinks, tables,
strikethrough), and GitHub's own mentions and issue references, which work behind escapes too.
"""

from __future__ import annotations

import re

from opsbot.core.text import inert

LONGEST = 4_000  # code points of one text
LONGEST_URL = 2_000
_MARKUP = re.compile(r"[\\`*\[\]~|$]|(?<![^\W_])_|_(?![^\W_])")
_ENTITY = re.compile(r"&(?=#?\w)")
_ADDRESS = re.compile(r"(?i)\b(https?|ftp|mailto|xmpp):|\bwww\.")
_MENTION = re.compile(r"@(?=\w)|#(?=\d)|(?<=\b[gG][hH]-)(?=\d)")
_BEGINNING = re.compile(r"^([-+=#>])|^(\d{1,9})([.)])(?=\s|$)")
_FORGED = re.compile(r"<!--(?=\s*opsbot:)")
# At least everything that any of the rules above would change.
_RISKY = re.compile(r"(?i)[\\`*\[\]~|$_&<@#]|(?:https?|ftp|mailto|xmpp):|www\.|gh-\d|^[-+=#>\d]")
_APART = "&#8203;"  # a space of no width: what follows is no name and no number any more
_URL = re.compile(r"https?://[^\s<>\"'`|\\^{}]+")
_ENTITY_IN_URL = re.compile(r"&(?=#?\w+;)")  # would be read as the sign that it names
_IN_URL = {"(": "%28", ")": "%29", "[": "%5B", "]": "%5D", "*": "%2A", "~": "%7E"}


def escaped(text: str) -> str:
    """The text as one line of Markdown that reads as the text itself, wherever it stands."""
    line = inert(text, LONGEST)
    if not _RISKY.search(line):  # most say nothing but words, and a long document has many
        return line
    line = _ENTITY.sub("&amp;", line).replace("<", "&lt;")
    line = _MARKUP.sub(r"\\\g<0>", line)
    line = _MENTION.sub(rf"\g<0>{_APART}", line)
    line = _ADDRESS.sub(_no_address, line)
    return _BEGINNING.sub(_no_beginning, line)


def _no_address(found: re.Match[str]) -> str:
    """GitHub makes a link of every address; an entity in it leaves the same words unlinked."""
    return f"{found[0][:-1]}{'&#46;' if found[0].endswith('.') else '&#58;'}"


def _no_beginning(found: re.Match[str]) -> str:
    """What begins a heading, a list or a rule when it begins a line."""
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"


def code_span(text: str) -> str:
    """The text letter for letter, as inline code (CommonMark, "Code spans"); in a table too."""
    line = inert(text, LONGEST)
    if not line:
        return ""
    longest = max((len(run) for run in re.findall(r"`+", line)), default=0)
    mark = "`" * (longest + 1)
    pad = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{mark}{pad}{line}{pad}{mark}"


def code_block(text: str, language: str = "") -> str:
    """Lines letter for letter in a fence that nothing in them can close."""
    lines = [_line(line) for line in text.splitlines()]
    longest = max((len(run) for line in lines for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(longest + 1, 3)
    return "\n".join((f"{fence}{language}", *lines, fence))


def _line(line: str) -> str:
    """One line of code with its indentation; it cannot look like the mark of a section."""
    whole = line.expandtabs(4).rstrip()
    words = whole.lstrip(" ")
    return " " * (len(whole) - len(words)) + _FORGED.sub("<! --", inert(words, LONGEST))


def web_address(url: str) -> str:
    """A plain web address as it is; nothing for any other scheme or shape."""
    plain = len(url) <= LONGEST_URL and url.isascii() and url.isprintable()
    return url if plain and _URL.fullmatch(url) else ""


def destination(url: str) -> str:
    """A web address as the destination of a link (CommonMark, "Links"), or nothing."""
    url = web_address(url)
    for mark, encoded in _IN_URL.items():
        url = url.replace(mark, encoded)
    return _ENTITY_IN_URL.sub("&amp;", url)

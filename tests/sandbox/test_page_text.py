"""Text on the sandbox page: mrkdwn, dates, rich text, markdown, and what hostile text becomes."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.sandbox.page.date_format import formatted
from opsbot.sandbox.page.viewer import Viewer
from opsbot.sandbox.page.words import Words
from opsbot.sandbox.slack.workspace import Workspace
from tests.sandbox.page_rig import Elements
from tests.sandbox.slack_block_cases import rich, rich_section
from tests.sandbox.slack_world import ManualClock

NOW = datetime(2026, 11, 23, 14, 5, 6, tzinfo=UTC)
ALLOWED = {
    "a", "bdi", "blockquote", "circle", "code", "div", "em", "hr", "li", "mark", "ol", "p", "pre",
    "rect", "s", "span", "strong", "svg", "time", "u", "ul",
}  # fmt: skip


def words() -> Words:
    """Words for ada, who is in #inc-1 and not in the private #hushed."""
    workspace = Workspace(clock=ManualClock())
    ada = workspace.add_user("ada", id="UADA", tz="Europe/Vienna")
    workspace.add_user("bo", id="UBO")
    workspace.add_channel("inc-1", id="CINC", members=[ada.id])
    workspace.add_channel("hushed", id="CHUSHED", is_private=True)
    workspace.add_usergroup("on-call", [ada.id], name="On call").id = "SCALL"
    workspace.usergroups["SCALL"] = next(iter(workspace.usergroups.values()))
    return Words(Viewer(workspace=workspace, user=ada, now=NOW.timestamp()))


WORDS = words()

# mrkdwn, and what a person reads with the tags that carry it.
MRKDWN = [
    ("*b* _i_ ~s~", "<strong>b</strong> <em>i</em> <s>s</s>"),
    ("*_both_ here*", "<strong><em>both</em> here</strong>"),
    ("a*b*c snake_case_name 2 * 3 * 4", "a*b*c snake_case_name 2 * 3 * 4"),
    ("`a *b* <c>`", "<code>a *b* &lt;c&gt;</code>"),
    ("```\n1 <2>\n```after", "<pre>1 &lt;2&gt;</pre>after"),
    ("> q\n&gt; r\nplain", "<blockquote>q\nr</blockquote>plain"),
    ("&lt;!channel&gt; &amp;amp;", "&lt;!channel&gt; &amp;amp;"),
    ("<@UBO> <@UADA>", '<bdi class="chip">@bo</bdi> <bdi class="chip chip-me">@ada</bdi>'),
    ("<!here>", '<bdi class="chip chip-me">@here</bdi>'),
    ("<!subteam^SCALL>", '<bdi class="chip chip-me">@on-call</bdi>'),
    ("<#CHUSHED|hushed>", '<bdi class="chip">private channel</bdi>'),
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ("<javascript:alert(1)|ok>", "&lt;javascript:alert(1)|ok&gt;"),
    (":nosuchemoji: 14:02:10", ":nosuchemoji: 14:02:10"),
    ("<!date^oops^{time}|then>", "then"),
    ("<!date^999999999999^{time}|then>", "then"),
]


@pytest.mark.parametrize(("text", "html"), MRKDWN, ids=[text for text, _ in MRKDWN])
def test_mrkdwn_reads_as_slack_shows_it(text: str, html: str) -> None:
    """Slack page "Formatting text": tokens are live, everything else is characters."""
    assert str(WORDS.mrkdwn(text)) == html


def test_links_open_elsewhere_and_name_nobody() -> None:
    (link,) = Elements(WORDS.mrkdwn("<https://example.com/?a=1&amp;b=2|label *x*>")).all("a")
    assert link.attributes["href"] == "https://example.com/?a=1&b=2"
    assert link.attributes["rel"] == "noopener noreferrer nofollow"
    assert link.text == "label *x*"


def test_bare_addresses_become_links_unless_verbatim() -> None:
    said = "see https://example.com/a_b_c."
    (link,) = Elements(WORDS.mrkdwn(said)).all("a")
    assert link.attributes["href"] == "https://example.com/a_b_c"
    assert WORDS.mrkdwn(said, verbatim=True) == said


def test_a_channel_the_reader_sees_is_a_link_to_it() -> None:
    (link,) = Elements(WORDS.mrkdwn("<#CINC>")).all("a")
    assert (link.text, link.attributes["href"]) == ("#inc-1", "/archives/CINC?as=UADA")


def test_a_known_emoji_is_its_character_with_its_name_for_the_ear() -> None:
    (emoji,) = Elements(WORDS.mrkdwn(":white_check_mark:")).of_class("emoji")
    assert (emoji.text, emoji.attributes["aria-label"]) == ("✅", "white check mark")


def test_a_date_token_stands_in_the_readers_zone() -> None:
    """Vienna is an hour ahead of UTC in November."""
    (shown,) = Elements(WORDS.mrkdwn(f"<!date^{int(NOW.timestamp())}^{{time}}|x>")).all("time")
    assert shown.text == "15:05"
    assert shown.attributes["datetime"] == "2026-11-23T15:05:06+01:00"


# Pattern, distance from now in seconds, what it says.
DATES = [
    ("{date_num}", 0, "2026-11-23"),
    ("{date_slash}", 0, "11/23/2026"),
    ("{date}", 0, "November 23rd"),
    ("{date}", -400 * 86_400, "October 19th, 2025"),
    ("{date_short}", 0, "Nov 23, 2026"),
    ("{date_long}", 0, "Monday, November 23rd, 2026"),
    ("{date_long_full}", 0, "Monday, November 23rd, 2026"),
    ("{date_pretty}", -86_400, "Yesterday"),
    ("on {date_short_pretty} at {time}", 0, "on today at 14:05"),
    ("{date_long_pretty}", 86_400, "Tomorrow"),
    ("{time_secs}", 0, "14:05:06"),
    ("{ago}", -10, "A few seconds ago"),
    ("{ago}", -60, "1 minute ago"),
    ("opened {ago}", -180, "opened 3 minutes ago"),
    ("{ago}", 7_200, "In 2 hours"),
    ("{ago}", -3 * 86_400, "3 days ago"),
    ("{nonsense} {time}", 0, "{nonsense} 14:05"),
]


@pytest.mark.parametrize(("pattern", "distance", "said"), DATES)
def test_every_date_format_says_what_slack_says(pattern: str, distance: int, said: str) -> None:
    moment = datetime.fromtimestamp(NOW.timestamp() + distance, UTC)
    assert formatted(pattern, moment, NOW) == said


# One rich text element, and the HTML of it.
RICH = [
    ({"type": "text", "text": "<b>"}, "&lt;b&gt;"),
    ({"type": "text", "text": "x", "style": {"bold": True}}, "<strong>x</strong>"),
    (
        {"type": "text", "text": "x", "style": {"italic": True, "strike": True}},
        "<s><em>x</em></s>",
    ),
    ({"type": "text", "text": "x", "style": {"code": True}}, "<code>x</code>"),
    ({"type": "text", "text": "x", "style": {"underline": True}}, "<u>x</u>"),
    ({"type": "text", "text": "x", "style": {"highlight": True}}, "<mark>x</mark>"),
    ({"type": "text", "text": "*x* <!here> :tada:"}, "*x* &lt;!here&gt; :tada:"),
    ({"type": "user", "user_id": "UBO"}, '<bdi class="chip">@bo</bdi>'),
    ({"type": "usergroup", "usergroup_id": "SCALL"}, '<bdi class="chip chip-me">@on-call</bdi>'),
    ({"type": "broadcast", "range": "here"}, '<bdi class="chip chip-me">@here</bdi>'),
    ({"type": "channel", "channel_id": "CHUSHED"}, '<bdi class="chip">private channel</bdi>'),
    ({"type": "team", "team_id": "T1"}, '<bdi class="chip">Sandbox</bdi>'),
    ({"type": "emoji", "name": "nosuch"}, ":nosuch:"),
    ({"type": "link", "url": "javascript:x", "text": "ok"}, "ok (javascript:x)"),
    ({"type": "color", "value": "red"}, "red"),
]


@pytest.mark.parametrize(("piece", "html"), RICH)
def test_every_rich_text_element_is_drawn(piece: dict[str, object], html: str) -> None:
    drawn = str(WORDS.rich(rich(rich_section(piece))))
    assert drawn == f'<div class="rich-section" dir="auto">{html}</div>'


def test_rich_text_lists_quotes_and_code_keep_their_shape() -> None:
    item = rich_section({"type": "text", "text": "x"})
    block = rich(
        {
            "type": "rich_text_list",
            "style": "ordered",
            "offset": 2,
            "indent": 1,
            "elements": [item],
        },
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "q"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a\n  b"}]},
    )
    found = Elements(WORDS.rich(block))
    assert found.one("ol").attributes == {"class": "indent-1", "start": "3"}
    assert found.one("blockquote").text == "q"
    assert found.one("pre").texts == ["a\n  b"]


def test_a_date_element_falls_back_when_there_is_no_such_moment() -> None:
    piece = {"type": "date", "timestamp": 10**14, "format": "{time}", "fallback": "long ago"}
    assert Elements(WORDS.rich(rich(rich_section(piece)))).found[0].text == "long ago"


def test_a_markdown_block_has_headings_lists_code_and_live_tokens() -> None:
    text = (
        "# Title\n\n- a **b**\n- c\n\n1. d\n\n> q\n```\n<x>\n```\n"
        "~~e~~ [l](https://e.example) <@UBO>"
    )
    found = Elements(WORDS.markdown(text))
    assert found.of_class("heading")[0].text == "Title"
    assert [item.text for item in found.all("li")] == ["a b", "c", "d"]
    assert (found.one("pre").text, found.one("blockquote").text) == ("<x>", "q")
    assert found.one("strong").text == "b"
    assert found.one("a").attributes["href"] == "https://e.example"
    assert found.of_class("chip")[0].text == "@bo"


TOKENS = st.sampled_from(
    ["*", "_", "~", "`", "```", ">", "\n", "<", "|", "&lt;", "<!channel>", "<@UBO>", "<#CINC>",
     "<script>", "<img src=x onerror=alert(1)>", '"', "'", "javascript:", "https://e.example/",
     "<https://e.example|", "<!date^1^{time}|", ":tada:", "[x](", "# ", "\u202e", "\ue000",
     "\ue001", "0", "\ue002", "\x00", " "]
)  # fmt: skip
HOSTILE = st.lists(st.one_of(TOKENS, st.text(max_size=6)), max_size=30).map("".join)


@given(HOSTILE)
def test_no_text_becomes_more_than_the_few_allowed_elements(text: str) -> None:
    """Whatever is written: known tags, no handlers or styles, no address that runs."""
    piece = {"type": "text", "text": text or "x"}
    drawn = [
        WORDS.mrkdwn(text), WORDS.plain(text), WORDS.markdown(text),
        WORDS.rich(rich(rich_section(piece, {"type": "link", "url": text or "x"}))),
    ]  # fmt: skip
    for html in drawn:
        for element in Elements(str(html)).found:
            assert element.tag in ALLOWED
            assert not any(name == "style" or name.startswith("on") for name in element.attributes)
            scheme = urlsplit(element.attributes.get("href", "")).scheme
            assert scheme in ("", "http", "https", "mailto")


@given(HOSTILE)
def test_plain_text_loses_no_character(text: str) -> None:
    """Without emoji, a plain_text is read exactly as it was written."""
    shown = Elements(f"<p>{WORDS.plain(text, emoji=False)}</p>").one("p")
    written = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert "".join(shown.texts).replace("\x00", "") == written.replace("\x00", "")


@pytest.mark.parametrize("mark", ["*a ", "_a *", "<", "`", "```", "> \n", ":a", "&lt;", "[", "**"])
def test_a_long_hostile_text_costs_no_more_than_its_length(mark: str) -> None:
    """40,000 characters are the most Slack keeps of a message."""
    text = mark * (40_000 // len(mark))
    began = time.perf_counter()
    WORDS.mrkdwn(text)
    WORDS.markdown(text[:12_000])
    assert time.perf_counter() - began < 2.0

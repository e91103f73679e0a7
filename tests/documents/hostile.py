"""Words that somebody writes to become something else: markup, links, mentions, marks."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = (
    "# heading", "- item", "1. item", "> quote", "```", "~~~", "---", "===", "| a | b |",
    "**bold** _it_ ~~no~~ `code`", "[click](javascript:alert(1))", "![x](https://evil.example/p.png)",
    "[x][summary-1]", "[summary-1]: https://evil.example", "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>", "<!-- opsbot:section summary -->", "<https://evil.example>",
    "https://evil.example/path", "www.evil.example", "HTTPS://EVIL.example", "me@evil.example",
    "@everyone", "@octocat", "#12", "GH-12", "org/repo#12", "&lt;b&gt; &amp; &#64;x", "\\[x\\]",
    "\\", "{{ 7 * 7 }}", "{% raw %}", "$x$ $$y$$", ":+1:", "a\nb", "a\r\n\r\n# b", "\x00\x1b[31m",
    "\u202eevil", "<U0ROBIN>", "<@U0ROBIN> <!channel>", "=cmd()", "ﬁ ﷺ 日本 😀", " ", "",
)  # fmt: skip
MARKUP = st.text(alphabet="*_`~[]()<>!#-+=|\\&@:/.{}$\"' \n\t1aZ", max_size=60)
TEXTS = st.one_of(st.sampled_from(WORDS), MARKUP, st.text(max_size=60))

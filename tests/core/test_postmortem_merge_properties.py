"""Merging documents: nothing that a person wrote is lost, whatever the three versions are."""

from __future__ import annotations

from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from opsbot.core.line_merge import CONFLICT_END, OURS_BEGIN, THEIRS_BEGIN
from opsbot.core.postmortem_merge import merge, section_named

WORDS = [
    "", "a", "b", "c", "same", "- item", "## Impact", "=======", "\x0b", "\u2028", "x\ry",
    "<!-- opsbot:section impact -->", "<!-- opsbot:section actions -->",
    "<!--opsbot:section impact-->", "<!-- opsbot:section new -->",
]  # fmt: skip
MARKS = [THEIRS_BEGIN, OURS_BEGIN, CONFLICT_END]


def joined(lines: list[str], end: str, last: bool) -> str:
    return end.join(lines) + last * end


def texts(words: list[str]) -> st.SearchStrategy[str]:
    lines = st.lists(st.sampled_from(words) | st.text("ab\t ", max_size=3), max_size=14)
    return st.builds(joined, lines, st.sampled_from(["\n", "\r\n"]), st.booleans())


def once_each(text: str) -> str:
    """The text without a section that it named before."""
    kept: list[str] = []
    seen: set[str] = set()
    for line in text.split("\n"):
        name = section_named(line)
        if not name or name not in seen:
            kept.append(line)
        seen.add(name)
    return "\n".join(kept)


PLAIN, ANY = texts(WORDS), texts(WORDS + MARKS)
RECORD, ODD_RECORD = PLAIN.map(once_each), ANY.map(once_each)


def lines_of(text: str) -> Counter[str]:
    return Counter(line.removesuffix("\r") for line in text.split("\n"))


@given(base=ANY, theirs=ANY, ours=ANY)
@example(base="a\n", theirs="a\nb", ours="c\n")
def test_every_line_that_a_person_wrote_is_in_the_result(base: str, theirs: str, ours: str) -> None:
    """As often as they wrote it, empty lines aside."""
    wrote = lines_of(theirs) - lines_of(base)
    del wrote[""]
    assert not wrote - lines_of(merge(base, theirs, ours).text)


@given(base=ANY, ours=ANY)
def test_without_people_it_is_what_the_record_says(base: str, ours: str) -> None:
    assert merge(base, base, ours).text == ours


@given(base=ANY, theirs=ANY)
def test_without_news_it_is_what_people_made_of_it(base: str, theirs: str) -> None:
    assert merge(base, theirs, base).text == theirs


@given(base=ODD_RECORD, theirs=ANY, ours=ODD_RECORD)
def test_merging_again_is_merging_once(base: str, theirs: str, ours: str) -> None:
    once = merge(base, theirs, ours)
    assert merge(base, once.text, ours).text == once.text


@given(base=RECORD, theirs=PLAIN, first=RECORD, second=RECORD)
def test_marks_are_never_nested(base: str, theirs: str, first: str, second: str) -> None:
    """Nor made anew in a section that has some."""
    once = merge(base, theirs, first)
    text = merge(once.base, once.text, second).text
    depth = 0
    for line in text.split("\n"):
        depth += (line.rstrip("\r") == THEIRS_BEGIN) - (line.rstrip("\r") == CONFLICT_END)
        assert depth in (0, 1)
    assert depth == 0


@given(base=RECORD, theirs=PLAIN, first=RECORD, second=RECORD)
def test_what_people_wrote_outlives_a_second_round(
    base: str, theirs: str, first: str, second: str
) -> None:
    """The first round's base is the record's word alone, so nothing of theirs passes for it."""
    wrote = set(lines_of(theirs) - lines_of(base)) - {""} - set(lines_of(first))
    once = merge(base, theirs, first)
    assert wrote <= set(lines_of(merge(once.base, once.text, second).text))

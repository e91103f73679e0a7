"""What people write into a document outlives every new version of it; a table, and properties."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from opsbot.core.line_merge import CONFLICT_END, OURS_BEGIN, THEIRS_BEGIN
from opsbot.core.postmortem_merge import Merged, merge, section_named


def section(name: str, *lines: str) -> str:
    return "\n".join((f"<!-- opsbot:section {name} -->", f"## {name.title()}", "", *lines, "", ""))


HEAD = "# INC-42: logins fail\n\n"
SUMMARY = section("summary", "Logins failed for 20 minutes.")
IMPACT = section("impact", "_Nobody has said what users noticed._")
ACTIONS = section("actions", "- [ ] Raise the limit (Ann)", "- [ ] Alert on memory (nobody)")
BASE = HEAD + SUMMARY + IMPACT + ACTIONS

THEIR_SUMMARY = section("summary", "Nobody could log in, and support found out first.")
NEW_SUMMARY = section("summary", "Logins failed for 25 minutes.")
BOTH_SUMMARIES = section(
    "summary", THEIRS_BEGIN, "Nobody could log in, and support found out first.", OURS_BEGIN,
    "Logins failed for 25 minutes.", CONFLICT_END,
)  # fmt: skip
THEIR_IMPACT = section("impact", "31 % of logins failed.")
ONE_DONE = section("actions", "- [x] Raise the limit (Ann)", "- [ ] Alert on memory (nobody)")
THIRD = "- [ ] Tell support (Ben)"
ONE_MORE = section(
    "actions", "- [ ] Raise the limit (Ann)", "- [ ] Alert on memory (nobody)", THIRD
)
ONE_DONE_ONE_MORE = section(
    "actions", "- [x] Raise the limit (Ann)", "- [ ] Alert on memory (nobody)", THIRD
)
LUCK = section("where we were lucky", "Ann was still awake.")
RUNS = section("runs", "rollback-deploy succeeded.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What people and the record made of BASE, and what comes of it."""

    rule: str
    theirs: str = BASE
    ours: str = BASE
    wanted: str
    conflicts: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    base: str = BASE


CASES = [
    Case(rule="nobody changed anything", wanted=BASE),
    Case(rule="only the record changed", ours=HEAD + NEW_SUMMARY + IMPACT + ACTIONS,
         wanted=HEAD + NEW_SUMMARY + IMPACT + ACTIONS),
    Case(rule="only people changed", theirs=HEAD + THEIR_SUMMARY + IMPACT + ACTIONS,
         wanted=HEAD + THEIR_SUMMARY + IMPACT + ACTIONS),
    Case(rule="each changed another section", theirs=HEAD + SUMMARY + THEIR_IMPACT + ACTIONS,
         ours=HEAD + NEW_SUMMARY + IMPACT + ACTIONS,
         wanted=HEAD + NEW_SUMMARY + THEIR_IMPACT + ACTIONS),
    Case(rule="both made the same change", theirs=HEAD + SUMMARY + IMPACT + ONE_MORE,
         ours=HEAD + SUMMARY + IMPACT + ONE_MORE, wanted=HEAD + SUMMARY + IMPACT + ONE_MORE),
    Case(rule="both changed other lines of a section", theirs=HEAD + SUMMARY + IMPACT + ONE_DONE,
         ours=HEAD + SUMMARY + IMPACT + ONE_MORE,
         wanted=HEAD + SUMMARY + IMPACT + ONE_DONE_ONE_MORE),
    Case(rule="both changed one line", theirs=HEAD + THEIR_SUMMARY + IMPACT + ACTIONS,
         ours=HEAD + NEW_SUMMARY + IMPACT + ACTIONS,
         wanted=HEAD + BOTH_SUMMARIES + IMPACT + ACTIONS, conflicts=("summary",)),
    Case(rule="people changed the head", theirs="# The day of the logins\n\n" + BASE[len(HEAD):],
         ours=HEAD + NEW_SUMMARY + IMPACT + ACTIONS,
         wanted="# The day of the logins\n\n" + NEW_SUMMARY + IMPACT + ACTIONS),
    Case(rule="people wrote above and below", theirs="Draft!\n\n" + BASE + "Thanks to all.\n",
         ours=HEAD + NEW_SUMMARY + IMPACT + ACTIONS,
         wanted="Draft!\n\n" + HEAD + NEW_SUMMARY + IMPACT + ACTIONS + "Thanks to all.\n"),
    Case(rule="people added a section", theirs=HEAD + SUMMARY + LUCK + IMPACT + ACTIONS,
         ours=HEAD + NEW_SUMMARY + IMPACT + ACTIONS,
         wanted=HEAD + NEW_SUMMARY + LUCK + IMPACT + ACTIONS),
    Case(rule="the record added a section", theirs=HEAD + THEIR_SUMMARY + IMPACT + ACTIONS,
         ours=HEAD + SUMMARY + RUNS + IMPACT + ACTIONS,
         wanted=HEAD + THEIR_SUMMARY + RUNS + IMPACT + ACTIONS),
    Case(rule="both added a section at one place", theirs=HEAD + SUMMARY + LUCK + IMPACT + ACTIONS,
         ours=HEAD + SUMMARY + RUNS + IMPACT + ACTIONS,
         wanted=HEAD + SUMMARY + LUCK + RUNS + IMPACT + ACTIONS),
    Case(rule="people deleted what the record left alone", theirs=HEAD + SUMMARY + ACTIONS,
         ours=HEAD + NEW_SUMMARY + IMPACT + ACTIONS, wanted=HEAD + NEW_SUMMARY + ACTIONS),
    Case(rule="people deleted what the record has news for", theirs=HEAD + IMPACT + ACTIONS,
         ours=HEAD + NEW_SUMMARY + IMPACT + ACTIONS, wanted=HEAD + IMPACT + ACTIONS,
         deleted=("summary",)),
    Case(rule="the record dropped what people left alone", ours=HEAD + SUMMARY + ACTIONS,
         theirs=HEAD + THEIR_SUMMARY + IMPACT + ACTIONS, wanted=HEAD + THEIR_SUMMARY + ACTIONS),
    Case(rule="the record dropped what people wrote into", ours=HEAD + SUMMARY + ACTIONS,
         theirs=HEAD + SUMMARY + THEIR_IMPACT + ACTIONS,
         wanted=HEAD + SUMMARY + THEIR_IMPACT + ACTIONS),
    Case(rule="people chose another order", theirs=HEAD + ACTIONS + SUMMARY + IMPACT,
         ours=HEAD + NEW_SUMMARY + RUNS + IMPACT + ACTIONS,
         wanted=HEAD + ACTIONS + NEW_SUMMARY + RUNS + IMPACT),
    Case(rule="the record chose another order", theirs=HEAD + SUMMARY + THEIR_IMPACT + ACTIONS,
         ours=HEAD + ACTIONS + SUMMARY + IMPACT, wanted=HEAD + ACTIONS + SUMMARY + THEIR_IMPACT),
    Case(rule="an editor changed every line end",
         theirs=(HEAD + SUMMARY + THEIR_IMPACT + ACTIONS).replace("\n", "\r\n"),
         ours=HEAD + NEW_SUMMARY + IMPACT + ACTIONS,
         wanted=(HEAD + NEW_SUMMARY + THEIR_IMPACT + ACTIONS).replace("\n", "\r\n")),
    Case(rule="an editor cut the last line end", theirs=BASE.rstrip("\n"),
         ours=HEAD + NEW_SUMMARY + IMPACT + ACTIONS,
         wanted=(HEAD + NEW_SUMMARY + IMPACT + ACTIONS).rstrip("\n")),
    Case(rule="people emptied it", theirs="", ours=HEAD + NEW_SUMMARY + IMPACT + ACTIONS,
         wanted="", deleted=("summary",)),
    Case(rule="people took out a line that the record has news for",
         theirs=HEAD + section("summary") + IMPACT + ACTIONS,
         ours=HEAD + NEW_SUMMARY + IMPACT + ONE_MORE,
         wanted=HEAD + section("summary") + IMPACT + ONE_MORE),
    Case(rule="people wrote below a section whose last line the record changed",
         theirs=BASE + "\n\n" + LUCK, ours=HEAD + SUMMARY + IMPACT + ONE_DONE,
         wanted=HEAD + SUMMARY + IMPACT + ONE_DONE + "\n\n" + LUCK),
    Case(rule="an unresolved section is left alone",
         theirs=HEAD + BOTH_SUMMARIES + IMPACT + ACTIONS,
         ours=HEAD + section("summary", "Logins failed for an hour.") + IMPACT + ONE_MORE,
         wanted=HEAD + BOTH_SUMMARIES + IMPACT + ONE_MORE, conflicts=("summary",)),
    Case(rule="an unresolved section is counted while the record stands still",
         theirs=HEAD + BOTH_SUMMARIES + IMPACT + ACTIONS, ours=BASE,
         wanted=HEAD + BOTH_SUMMARIES + IMPACT + ACTIONS, conflicts=("summary",)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_what_comes_of_two_changes(case: Case) -> None:
    merged = merge(case.base, case.theirs, case.ours)
    assert merged.text == case.wanted
    assert (merged.conflicts, merged.deleted) == (case.conflicts, case.deleted)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_merging_again_changes_nothing(case: Case) -> None:
    """A crash between publishing and saying so leads to the same merge once more."""
    merged = merge(case.base, case.theirs, case.ours)
    again = merge(case.base, merged.text, case.ours)
    assert (again.text, again.conflicts) == (merged.text, merged.conflicts)


def resolved(text: str, *, keep: str) -> str:
    """What somebody makes of the conflict: one line of it, without marks."""
    before, _, rest = text.partition(f"{THEIRS_BEGIN}\n")
    return before + keep + rest.partition(CONFLICT_END)[2]


def disputed() -> Merged:
    theirs = HEAD + THEIR_SUMMARY + IMPACT + ACTIONS
    return merge(BASE, theirs, HEAD + NEW_SUMMARY + IMPACT + ACTIONS)


def test_a_choice_that_people_made_is_not_asked_for_again() -> None:
    """Whichever side they took, the same word of the record does not dispute it."""
    first = disputed()
    ours = HEAD + NEW_SUMMARY + IMPACT + ONE_MORE
    for keep in ("Nobody could log in.", "Logins failed for 25 minutes."):
        merged = merge(first.base, resolved(first.text, keep=keep), ours)
        assert merged.conflicts == ()
        assert keep in merged.text
        assert THIRD in merged.text


def test_news_that_came_before_the_choice_is_heard_after_it() -> None:
    """While the section is disputed, what the record learns waits; it is not forgotten."""
    first = disputed()
    later = HEAD + section("summary", "Logins failed for an hour.") + IMPACT + ACTIONS
    second = merge(first.base, first.text, later)
    assert "for an hour" not in second.text
    chosen = resolved(second.text, keep="Logins failed for 25 minutes.")
    assert "for an hour" in merge(second.base, chosen, later).text


def test_a_crash_after_a_dispute_was_published_starts_from_the_same_base() -> None:
    """The second run finds the marks that the first one made."""
    ours = HEAD + NEW_SUMMARY + IMPACT + ACTIONS
    first = disputed()
    assert merge(BASE, first.text, ours) == first


def test_the_next_base_is_what_the_record_says() -> None:
    """Not what was published: else people's own lines would look like the record's."""
    ours = HEAD + NEW_SUMMARY + IMPACT + ACTIONS
    assert merge(BASE, HEAD + SUMMARY + THEIR_IMPACT + ACTIONS, ours).base == ours


def test_where_nothing_stood_both_may_write() -> None:
    """Two who add to the end of a list do not dispute it; the record's words stand first."""
    theirs = HEAD + SUMMARY + IMPACT + section("actions", "- [ ] Raise the limit (Ann)",
             "- [ ] Alert on memory (nobody)", "- [ ] Buy cake")  # fmt: skip
    merged = merge(BASE, theirs, HEAD + SUMMARY + IMPACT + ONE_MORE)
    assert merged.conflicts == ()
    lines = merged.text.splitlines()
    assert lines.index(THIRD) + 1 == lines.index("- [ ] Buy cake")


def test_two_sections_of_one_name_are_two() -> None:
    """Somebody copied one; what they wrote into the copy stays."""
    copied = section("impact", "In Berlin, too.")
    merged = merge(BASE, BASE + copied, HEAD + NEW_SUMMARY + IMPACT + ACTIONS)
    assert merged.text == HEAD + NEW_SUMMARY + IMPACT + ACTIONS + copied


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("<!-- opsbot:section impact -->", "impact"),
        ("  <!--opsbot:section what went well-->\t", "what went well"),
        ("<!-- opsbot:section -->", ""),
        ("<!-- opsbot:sections impact -->", ""),
        ("see <!-- opsbot:section impact -->", ""),
        ("<!-->", ""),
        ("", ""),
    ],
)
def test_what_opens_a_section(line: str, name: str) -> None:
    assert section_named(line) == name


def test_the_same_line_thousands_of_times_is_no_work() -> None:
    """Compared as a whole: to look at every pair would take minutes."""
    many = "same\n" * 20_000
    merged = merge(HEAD + many, HEAD + many + "theirs\n", HEAD + "ours\n" + many)
    assert merged.conflicts == ("head",)
    assert "theirs\n" in merged.text
    assert "ours\n" in merged.text

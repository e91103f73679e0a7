"""docs/commands.md says what the verbs say, and its own verb can be added as it stands."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from opsbot.catalog.commands import read_commands
from opsbot.core import entry as e
from opsbot.core import looking, undo, when
from opsbot.core.incident import Incident
from opsbot.core.invocation import Caller, How, Invocation, Place
from opsbot.core.reading import interpret
from opsbot.core.rules import Rules
from opsbot.core.verb import Scene
from tests.docs.generated import part_names
from tests.docs.pages import PAGES, code, fences, name_of, page
from tests.docs.typed_lines import LINES, ME, NOW, read_typed
from tests.docs.verbs_table import verbs

TEXT = page("docs/commands.md")


def test_the_table_of_verbs_and_every_set_of_typed_lines_stands_on_the_page() -> None:
    assert {"verbs", "until the end", *(f"lines {name}" for name in LINES)} <= set(part_names(TEXT))


def test_the_verbs_that_help_does_not_list_are_named() -> None:
    (line,) = [line for line in TEXT.splitlines() if "are reached by buttons" in line]
    assert sorted(code(line)) == sorted(verb.name for verb in verbs() if verb.hidden)


def test_every_verb_that_a_page_types_exists() -> None:
    for path in PAGES:
        for words in code(path.read_text("utf-8")):
            typed = re.match(r"(?:/incident|@opsbot) (?!VERB)(.+)", words)
            if typed:
                assert read_typed(typed[1]).verb is not None, f"{name_of(path)}: {words}"


def test_the_stretches_of_time_are_those_of_the_code() -> None:
    (declare,) = (verb for verb in verbs() if verb.name == "declare")
    told = {
        "last ten minutes": (declare.run.__globals__["JUST_NOW"], timedelta(minutes=10)),
        "older than two\n  minutes": (looking.FRESH_FOR, timedelta(minutes=2)),
        "within twelve hours": (undo.UNDO_WITHIN, timedelta(hours=12)),
        "More than 31 days ago": (when.OLDEST, timedelta(days=31)),
        "two minutes ahead": (when.SKEW, timedelta(minutes=2)),
    }
    assert [words for words in told if words not in TEXT] == []
    assert [words for words, (held, said) in told.items() if held != said] == []


def test_the_verb_of_the_page_is_added_by_its_file_alone(tmp_path: Path) -> None:
    """Read as it stands, typed, and run: the lead is somebody else's, and the words are noted."""
    (text,) = [fence.text for fence in fences(TEXT) if fence.language == "python"]
    (name,) = re.findall(r"This is `commands/(\w+)\.py`", TEXT)
    (tmp_path / f"{name}.py").write_text(text, "utf-8")
    book = read_commands(tmp_path)
    assert book.aside == ()
    line = f"{name} <@U0ZZ9YY8X|kim> INC-7 the rollback is running"
    asked = Invocation(
        id="typed", occurred_at=NOW, how=How.TYPED, caller=Caller(user_id=ME.slack_id),
        place=Place(), line=line,
    )  # fmt: skip
    read = interpret(asked, book.verbs, me=ME, rules=Rules(), now=NOW)
    assert read.verb is not None
    assert (read.number, read.problems) == (7, ())
    scene = Scene(
        me=ME, asked=asked, now=NOW, rules=Rules(), book=book.verbs,
        incident=Incident(id="inc-7", number=7, seq=1),
    )  # fmt: skip
    lead, note = (fact.body for fact in read.verb.run(scene, read.values).facts)
    assert lead == e.RoleAssigned(role=e.Role.LEAD, slack_id="U0ZZ9YY8X", name="kim")
    assert note == e.NoteAdded(text="Relayed: the rollback is running")

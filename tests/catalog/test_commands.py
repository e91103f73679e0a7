"""One verb a file: being there is registering, and a broken team file stops nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from opsbot.catalog.commands import read_commands, shipped_folder
from opsbot.core.verb import verb_named

VERB = '''"""A team's own verb."""

from opsbot.core.verb import Reply, Scene, Values, Verb, answer


def run(scene: Scene, values: Values) -> Reply:
    return Reply(card=answer("done"))


VERB = Verb(name={name!r}, aliases={aliases!r}, summary="do what the team does", run=run)
'''


def write(folder: Path, file: str, name: str, *aliases: str) -> Path:
    path = folder / file
    path.write_text(VERB.format(name=name, aliases=aliases))
    return path


def names(folder: Path | None = None) -> set[str]:
    return {verb.name for verb in read_commands(folder).verbs}


def test_every_shipped_file_is_a_verb_of_its_name() -> None:
    files = {path.stem for path in shipped_folder().glob("*.py")}
    assert names() == files
    assert read_commands().aside == ()


def test_no_word_means_two_verbs() -> None:
    """Every name and alias leads to one."""
    book = read_commands().verbs
    words = [word for verb in book for word in verb.words]
    assert len(words) == len(set(words))
    for verb in book:
        assert all(verb_named(book, word) is verb for word in verb.words)


def test_a_teams_file_adds_a_verb(tmp_path: Path) -> None:
    """By being there, under its names."""
    write(tmp_path, "beeper.py", "beeper", "beep")
    book = read_commands(tmp_path)
    verb = verb_named(book.verbs, "BEEP")
    assert verb is not None
    assert (verb.name, book.aside) == ("beeper", ())
    assert names(tmp_path) == names() | {"beeper"}


def test_a_folder_that_is_not_there_is_an_empty_one(tmp_path: Path) -> None:
    assert names(tmp_path / "commands") == names()


@pytest.mark.parametrize(
    ("file", "name", "aliases", "word"),
    [("note.py", "note", (), "note"), ("memo.py", "memo", ("note",), "note"),
     ("sev.py", "sev", (), "sev"), ("memo.py", "memo", ("sev", "zzz"), "sev")],
)  # fmt: skip
def test_a_word_that_is_taken_names_both_files(
    tmp_path: Path, file: str, name: str, aliases: tuple[str, ...], word: str
) -> None:
    """The shipped verb stays as it is."""
    path = write(tmp_path, file, name, *aliases)
    book = read_commands(tmp_path)
    (said,) = book.aside
    held = verb_named(book.verbs, word)
    assert held is not None
    assert str(path) in said
    assert str(shipped_folder() / f"{held.name}.py") in said
    assert f"'{word}'" in said
    assert {verb.name for verb in book.verbs} == names()


def test_of_two_team_files_with_one_word_the_second_is_put_aside(tmp_path: Path) -> None:
    first, second = write(tmp_path, "a.py", "a", "same"), write(tmp_path, "b.py", "b", "same")
    book = read_commands(tmp_path)
    (said,) = book.aside
    assert str(first) in said
    assert str(second) in said
    assert verb_named(book.verbs, "same") is verb_named(book.verbs, "a")


BROKEN = {
    "syntax.py": ("def run(:\n", "cannot be imported"),
    "missing.py": ("import nothing_of_that_name\n", "cannot be imported"),
    "raising.py": ("raise ValueError('no')\n", "ValueError: no"),
    "leaving.py": ("raise SystemExit(3)\n", "SystemExit"),
    "empty.py": ("", "declares no VERB"),
    "odd.py": ("VERB = 'odd'\n", "declares no VERB"),
    "other.py": (VERB.format(name="another", aliases=()), "the file name is the verb"),
    "bytes.py": ("\x00", "cannot be imported"),
}


@pytest.mark.parametrize("file", BROKEN)
def test_a_broken_file_is_put_aside_with_its_cure(tmp_path: Path, file: str) -> None:
    """The others are there, and so is everything that opsbot brings along."""
    text, told = BROKEN[file]
    (tmp_path / file).write_text(text)
    write(tmp_path, "pager.py", "pager")
    book = read_commands(tmp_path)
    (said,) = book.aside
    assert str(tmp_path / file) in said
    assert told in said
    assert {verb.name for verb in book.verbs} == names() | {"pager"}


def test_what_begins_with_an_underscore_or_is_no_python_is_no_verb(tmp_path: Path) -> None:
    """Files that several verbs share lie beside them."""
    (tmp_path / "_shared.py").write_text("raise ValueError\n")
    (tmp_path / "notes.md").write_text("# ours\n")
    (tmp_path / "folder").mkdir()
    book = read_commands(tmp_path)
    assert (book.aside, {verb.name for verb in book.verbs}) == ((), names())


def test_a_file_that_was_mended_is_read_anew(tmp_path: Path) -> None:
    """Nothing of the broken try is left behind."""
    (tmp_path / "pager.py").write_text("raise ValueError\n")
    assert read_commands(tmp_path).aside
    write(tmp_path, "pager.py", "pager")
    assert "pager" in names(tmp_path)


@pytest.mark.timeout(10)
def test_a_pipe_in_the_folder_is_put_aside_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (aside,) = read_commands(tmp_path).aside
    assert "no ordinary file" in aside

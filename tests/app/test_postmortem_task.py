"""`opsbot postmortem render` and `lint`, on a store that holds a record written by hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from opsbot.__main__ import main
from opsbot.app.clock import SystemClock
from opsbot.app.store import open_store
from opsbot.catalog import find_integration, integration_names
from opsbot.config import load
from opsbot.core import entry as e
from opsbot.core.entry import Draft
from opsbot.core.series import Series, pack
from tests.documents import records
from tests.documents.pen import Pen, at
from tests.fakes.keeping import keep_blob

Run = Callable[..., tuple[int, str, str]]
MEMORY = Series(
    service="session-validation", name="memory", unit="ratio",
    points=tuple((at(m / 4), 0.99 if m >= -8 else 0.5) for m in range(-60, 33)),
)  # fmt: skip
ERRORS = Series(
    service="checkout-api", name="error share", unit="ratio",
    points=tuple((at(m / 4), 0.09 if m >= 20 else 0.002) for m in range(-60, 33)),
)  # fmt: skip
DRAFTED = {"markdown": b"# As it was\n", "data": b'{"then": true}\n', "html": b"<p>then</p>\n"}
COVER = b'{"stem": "inc-42-then", "title": "then", "summary": "then", "attachments": {}}'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings with Prometheus, and a store with INC-42 (with a picture) and INC-50 (private)."""
    file = tmp_path / "opsbot.yaml"
    settings = {
        "data_dir": str(tmp_path / "data"), "ephemeral_disk": "allow",
        "integrations": {"prometheus": {"url": "http://127.0.0.1:9"}},
        "services": {
            "checkout-api": {"owner": "payments"}, "session-validation": {"owner": "identity"},
        },
    }  # fmt: skip
    file.write_text(yaml.safe_dump(settings), "utf-8")
    asyncio.run(_written(file))
    return file


async def _written(file: Path) -> None:
    settings = load(file, {}, find_integration, integration_names())
    store = await open_store(settings, SystemClock())
    try:
        pen = records.rolled_back_and_verified()
        blob = await keep_blob(store.record, b"\n".join(map(pack, (ERRORS, MEMORY))))
        pen.write(e.Illustrated(slot="chart:page", blob=blob, file_id="F", title="INC-42",
                                alt="memory rises"), 9)  # fmt: skip
        kept = {name: await keep_blob(store.record, data) for name, data in DRAFTED.items()}
        drafted = e.PostmortemDrafted(
            through=9, template="t", template_version="v", markdown=kept["markdown"],
            data=kept["data"], html=kept["html"], cover=await keep_blob(store.record, COVER),
        )  # fmt: skip
        pen.write(drafted, 50)
        for one in (pen, records.private()):
            await store.record.append(one.incident.id, _drafts(one))
    finally:
        await store.close()


def _drafts(pen: Pen) -> list[Draft]:
    return [
        Draft(key=x.key, occurred_at=x.occurred_at, actor=x.actor, source=x.source, body=x.body)
        for x in pen.entries
    ]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], config: Path) -> Run:
    """Run `opsbot postmortem`; its exit code, output and errors."""

    def command(*words: str) -> tuple[int, str, str]:
        ending = ""
        try:
            code = main(("postmortem", *words, "--config", str(config)))
        except SystemExit as ended:
            code, ending = 1, str(ended.code)
        said = capsys.readouterr()
        return code, said.out, said.err + ending

    return command


def test_the_document_is_printed_as_markdown_unless_asked_otherwise(run: Run) -> None:
    code, said, _ = run("render", "INC-42")
    assert code == 0
    assert "# INC-42: checkout-api: error share above 5 %" in said
    assert json.loads(run("render", "42", "--format", "json")[1])["postmortem"]["number"] == 42
    assert run("render", "42", "--format", "html")[1].startswith("<!doctype html>")


def test_owner_query_and_series_come_from_the_installation(run: Run) -> None:
    """The catalogue's owner, the metrics' own query, and the data that was kept."""
    said = run("render", "42")[1]
    assert 'owner: "identity"' in said
    assert 'container_memory_working_set_bytes{service=~"session-validation"}' in said
    assert "On the incident's own data it would have paged 8 minutes earlier, at 12:00." in said


def test_the_head_is_the_one_that_verify_prints(
    run: Run, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = run("render", "42")[1]
    main(("verify", "42", "--json", "--config", str(config)))
    head = json.loads(capsys.readouterr().out)["incidents"][0]["head"]
    assert f'head: "{head}"' in said


def test_all_forms_and_the_drawn_chart_are_written_into_a_folder(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "deep"
    code, said, _ = run("render", "42", "--out", str(folder))
    assert code == 0
    stem = "inc-42-checkout-api-error-share-above-5"
    (chart,) = (f"{stem}/{path.name}" for path in (folder / stem).glob("chart-page-*.png"))
    names = [f"{stem}.md", f"{stem}.json", f"{stem}.html", chart]
    assert said.split() == [str(folder / name) for name in names]
    assert (folder / chart).read_bytes().startswith(b"\x89PNG")
    assert f"]({chart})" in (folder / f"{stem}.md").read_text("utf-8")
    assert 'src="data:image/png;base64,' in (folder / f"{stem}.html").read_text("utf-8")


def test_a_private_incident_s_files_are_their_owner_s_alone(run: Run, tmp_path: Path) -> None:
    assert run("render", "50", "--format", "md", "--out", str(tmp_path / "out"))[0] == 0
    (file,) = (tmp_path / "out").iterdir()
    assert file.name == "inc-50-private.md"
    assert file.stat().st_mode & 0o777 == 0o600


def test_rendering_twice_writes_the_same_bytes(run: Run) -> None:
    assert run("render", "42") == run("render", "42")


def test_as_published_is_what_was_written_then(run: Run) -> None:
    assert run("render", "42", "--as-published")[1] == "# As it was\n"
    assert run("render", "42", "--as-published", "--format", "html")[1] == "<p>then</p>\n"
    code, said, error = run("render", "50", "--as-published")
    assert (code, said) == (1, "")
    assert "no postmortem of INC-50 was written yet" in error


def test_a_postmortem_whose_words_were_redacted_is_said_to_be_removed(
    run: Run, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And what to do instead; the record as it stands can be written at any time."""
    main(("redact", "42", "3", "--reason", "a name", "--config", str(config)))
    capsys.readouterr()
    code, said, error = run("render", "42", "--as-published")
    assert (code, said) == (1, "")
    assert "INC-42 was removed, because words of it were redacted" in error
    assert "leave --as-published out" in error
    assert run("render", "42")[0] == 0


def test_a_team_s_template_is_found_by_its_name(run: Run, config: Path) -> None:
    folder = config.parent / "templates"
    folder.mkdir()
    (folder / "short.md.j2").write_text("{{ summary[0].text }}\n", "utf-8")
    said = run("render", "42", "--template", "short")[1]
    assert said.rstrip().endswith("users were affected: “31 % of logins fail, all regions”.")


def test_a_template_that_is_missing_or_broken_is_said_with_the_cure(run: Run, config: Path) -> None:
    folder = config.parent / "templates"
    folder.mkdir()
    (folder / "bad.md.j2").write_text("a\n{{ nothing_such }}\n", "utf-8")
    code, said, error = run("render", "42", "--template", "bad")
    assert (code, said) == (2, "")
    assert "line 2" in error
    code, _, error = run("render", "42", "--template", "postmorten")
    assert code == 2
    assert "did you mean postmortem?" in error
    code, _, error = run("render", "42", "--template", "../../etc/passwd")
    assert code == 2
    assert "there is no template" in error


def test_lint_answers_one_while_anything_is_missing(run: Run) -> None:
    code, said, _ = run("lint", "42")
    assert code == 1
    assert "action_incomplete" in said
    assert said.endswith("INC-42: 1 problem\n")
    (problem,) = json.loads(run("lint", "42", "--json")[1])
    assert problem["code"] == "action_incomplete"


def test_an_incident_that_does_not_exist_is_said(run: Run) -> None:
    for words in (("render", "7"), ("lint", "7")):
        code, _, error = run(*words)
        assert (code, error) == (1, "opsbot: there is no INC-7 on the record\n")


def test_a_private_document_is_its_owners_even_where_a_file_stood_before(
    run: Run, tmp_path: Path
) -> None:
    """A file that everybody could read would keep its readers."""
    folder = tmp_path / "out"
    assert run("render", "50", "--format", "md", "--out", str(folder))[0] == 0
    (file,) = folder.iterdir()
    file.chmod(0o644)
    assert run("render", "50", "--format", "md", "--out", str(folder))[0] == 0
    assert file.stat().st_mode & 0o077 == 0

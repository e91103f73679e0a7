"""A folder of postmortems: whole files, inside of it, and nobody else's."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from opsbot.core.document import Document
from opsbot.integrations import Wiring
from opsbot.integrations.folder import INTEGRATION, files
from opsbot.integrations.folder.files import Unsafe
from opsbot.integrations.folder.publisher import FolderPublisher
from opsbot.ports import Done, Published, Publisher, Refused
from tests.integrations.publisher_contract import INCIDENT, PNG, SECTIONS, document, value
from tests.integrations.stage import StageClock, outgoing

STEM = "inc-42-logins-fail"


def folder(root: Path, *, takes_private: bool = False) -> FolderPublisher:
    return FolderPublisher(root=root / "postmortems", takes_private=takes_private)


async def put(publisher: Publisher, given: Document | None = None) -> Published:
    return value(await publisher.publish(given or document(), None))


def names(root: Path) -> list[str]:
    return [path.name for path in root.iterdir()]


def modes(root: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in root.rglob("*") if path.is_file()}


async def test_every_form_and_chart_is_a_file(tmp_path: Path) -> None:
    """Beside a note of whose they are; nothing half-written is left."""
    held = await put(folder(tmp_path))
    found = sorted(
        str(path.relative_to(tmp_path / "postmortems"))
        for path in (tmp_path / "postmortems").rglob("*")
        if path.is_file()
    )
    assert found == [f".opsbot/{INCIDENT}", f"{STEM}.html", f"{STEM}.json", f"{STEM}.md",
                     f"{STEM}/chart-page.png"]  # fmt: skip
    assert (tmp_path / "postmortems" / STEM / "chart-page.png").read_bytes() == PNG
    assert held.url == str(tmp_path / "postmortems" / f"{STEM}.md")


async def test_the_configured_address_is_where_people_read_it(tmp_path: Path) -> None:
    chosen = {"path": "docs", "url": "https://wiki.example.com/{stem}.html"}
    async with outgoing() as http:
        wired = Wiring(http=http, clock=StageClock(), secrets={}, folder=tmp_path)
        assert INTEGRATION.publisher is not None
        made = INTEGRATION.publisher(INTEGRATION.settings.model_validate(chosen), wired)
        assert made is not None
        assert (await put(made)).url == f"https://wiki.example.com/{STEM}.html"
    assert (tmp_path / "docs" / f"{STEM}.md").is_file(), "the path starts at opsbot.yaml's folder"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/srv/www", "https://"])
def test_an_address_that_is_none_is_a_mistake_of_the_settings(url: str) -> None:
    with pytest.raises(ValidationError, match="write it as https://"):
        INTEGRATION.settings.model_validate({"url": url})


async def test_files_are_readable_by_all_and_private_ones_by_nobody_else(tmp_path: Path) -> None:
    """A document that becomes private is closed to others with its next version."""
    umask = os.umask(0o022)
    try:
        publisher = folder(tmp_path, takes_private=True)
        held = await put(publisher)
        assert modes(tmp_path) == {0o644}
        value(await publisher.publish(document(private=True), held))
    finally:
        os.umask(umask)
    assert modes(tmp_path) == {0o600}


async def test_what_stands_already_is_not_written_again(tmp_path: Path) -> None:
    """A checkout shows only what changed."""
    publisher = folder(tmp_path)
    held = await put(publisher)
    file = tmp_path / "postmortems" / f"{STEM}.html"
    os.utime(file, (1, 1))
    value(await publisher.publish(document(markdown="# Newer\n"), held))
    assert file.stat().st_mtime == 1


async def test_somebody_elses_file_of_that_name_stays(tmp_path: Path) -> None:
    """Another opsbot counted from 1 as well, or a person wrote it."""
    (tmp_path / "postmortems").mkdir()
    (tmp_path / "postmortems" / f"{STEM}.md").write_text("mine\n")
    held = await put(folder(tmp_path))
    assert held.ref == f"{STEM}-2"
    assert (tmp_path / "postmortems" / f"{STEM}.md").read_text() == "mine\n"
    found = value(await folder(tmp_path).find(document()))
    assert found == held


async def test_a_document_keeps_its_name_when_its_title_changes(tmp_path: Path) -> None:
    publisher = folder(tmp_path)
    held = await put(publisher)
    again = value(await publisher.publish(document(stem="inc-42-private"), held))
    assert again == held


NAMES = ["../x", "/etc/x", "a/../../x", "", ".", "..", "a//b", "a\0b", "a\\b", "x" * 201]


@pytest.mark.parametrize("name", NAMES)
async def test_no_attachment_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    outcome = await folder(tmp_path).publish(document(attachments={name: PNG}), None)
    assert isinstance(outcome, Refused)
    assert outcome.error == "unsafe"
    assert names(tmp_path) == ["postmortems"]


@pytest.mark.parametrize("stem", ["../x", "a/b", ".hidden", "", "x" * 151, "a\nb"])
async def test_no_document_is_called_after_a_path(tmp_path: Path, stem: str) -> None:
    """Neither by its own name, nor by what the record holds of it, nor by its incident's id."""
    publisher = folder(tmp_path)
    held = Published(url="", ref=stem)
    for outcome in (
        await publisher.publish(document(stem=stem), None),
        await publisher.publish(document(), held),
        await publisher.read(held),
        await publisher.publish(document(incident_id=stem), None),
    ):
        assert isinstance(outcome, Refused)
        assert outcome.error == "unsafe"


@pytest.mark.parametrize("name", [f"{STEM}.md", f"{STEM}.html", f"{STEM}/chart-page.png"])
async def test_a_link_in_a_files_place_is_left_alone(tmp_path: Path, name: str) -> None:
    """Neither read, nor written through, nor replaced."""
    outside = tmp_path / "outside"
    outside.write_text("somebody's\n")
    link = tmp_path / "postmortems" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    publisher = folder(tmp_path)
    outcome = await publisher.publish(document(), Published(url="", ref=STEM))
    assert isinstance(outcome, Refused)
    assert "is no plain file" in outcome.cure
    assert link.is_symlink()
    assert outside.read_text() == "somebody's\n"
    if name.endswith(".md"):
        assert isinstance(await publisher.read(Published(url="", ref=STEM)), Refused)


@pytest.mark.parametrize("name", [STEM, ".opsbot"])
async def test_a_link_in_a_folders_place_is_not_followed(tmp_path: Path, name: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "postmortems").mkdir()
    (tmp_path / "postmortems" / name).symlink_to(outside, target_is_directory=True)
    outcome = await folder(tmp_path).publish(document(), None)
    assert isinstance(outcome, Refused)
    assert "is no plain folder" in outcome.cure
    assert names(outside) == []


async def test_a_trap_beside_the_file_is_not_written_through(tmp_path: Path) -> None:
    """What an earlier try left half-written is cleared away first, and a link is not opened."""
    outside = tmp_path / "outside"
    outside.write_text("somebody's\n")
    (tmp_path / "postmortems").mkdir()
    (tmp_path / "postmortems" / f".{STEM}.md.opsbot").symlink_to(outside)
    (tmp_path / "postmortems" / f".{STEM}.json.opsbot").write_text("half a fi")
    await put(folder(tmp_path))
    assert outside.read_text() == "somebody's\n"
    assert [one for one in names(tmp_path / "postmortems") if "opsbot" in one] == [".opsbot"]


async def test_a_folder_that_cannot_be_used_is_tried_again_later(tmp_path: Path) -> None:
    """People mend rights and full disks; the words say which folder."""
    (tmp_path / "postmortems").write_text("a file\n")
    for outcome in (
        await folder(tmp_path).publish(document(), None),
        await folder(tmp_path).find(document()),
        await folder(tmp_path).read(Published(url="", ref=STEM)),
    ):
        assert isinstance(outcome, Refused)
        assert outcome.retry_after is not None
        assert str(tmp_path / "postmortems") in outcome.cure


async def test_what_editors_do_to_a_file_is_read_as_text(tmp_path: Path) -> None:
    """A mark at the beginning is no word of anybody's; bytes that are no text are said."""
    publisher = folder(tmp_path)
    held = await put(publisher)
    file = tmp_path / "postmortems" / f"{STEM}.md"
    file.write_bytes(b"\xef\xbb\xbf" + SECTIONS.replace("\n", "\r\n").encode())
    assert await publisher.read(held) == Done(value=SECTIONS.replace("\n", "\r\n"))
    file.write_bytes(b"\xff\xfe\x00")
    outcome = await publisher.read(held)
    assert isinstance(outcome, Refused)
    assert "save it as UTF-8" in outcome.cure


def test_a_file_as_large_as_the_disk_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "x.md").open("wb") as file:
        file.truncate(files.LONGEST + 1)
    with files.opened(tmp_path) as root, pytest.raises(Unsafe, match="larger than 16 MiB"):
        files.read(root, "x.md")


async def test_another_incidents_charts_stay_where_a_number_and_a_title_repeat(
    tmp_path: Path,
) -> None:
    """A database that was begun anew counts from one again; names of charts tell them apart."""
    made = FolderPublisher(root=tmp_path)
    value(await made.publish(document(), None))
    charts = {"inc-42-logins-fail/chart-page-5c6d7e.png": b"x"}
    twin = document(incident_id="inc-other", attachments=charts)
    held = value(await made.publish(twin, None))
    assert held.ref == "inc-42-logins-fail-2"
    assert (tmp_path / "inc-42-logins-fail" / "chart-page.png").read_bytes() == PNG
    assert (tmp_path / "inc-42-logins-fail" / "chart-page-5c6d7e.png").read_bytes() == b"x"

"""Integrations are found by being there: the file's name is the key, and only asked files load."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsbot.catalog.declared import Declared
from opsbot.catalog.integrations import integration_catalog
from opsbot.config import ConfigInvalid, IntegrationUnusable, parse
from opsbot.integrations import Integration

VENDOR = """
from pydantic import BaseModel
from opsbot.integrations import Integration
class Settings(BaseModel):
    pass
INTEGRATION = Integration(name={name!r}, settings=Settings)
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Declared[Integration]]:
    """A package of vendors: two good ones, and one of each mistake."""
    package = f"vendors_{uuid.uuid4().hex}"  # imported modules stay; each test has its own
    folder = tmp_path / package
    (folder / "walnut").mkdir(parents=True)
    files = {
        "__init__.py": "",
        "acorn.py": VENDOR.format(name="acorn"),
        "walnut/__init__.py": VENDOR.format(name="walnut"),
        "walnut/queries.py": "raise RuntimeError('not a vendor of its own')",
        "_shared.py": "raise RuntimeError('imported without need')",
        "misnamed.py": VENDOR.format(name="other"),
        "broken.py": "import nothing_like_this",
        "silent.py": "",
        "notes.txt": "not a module",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    sys.path.insert(0, str(tmp_path))
    yield integration_catalog(package=package)
    sys.path.remove(str(tmp_path))


def test_names_are_files_and_folders_without_an_underscore(catalog: Declared[Integration]) -> None:
    assert catalog.names() == ("acorn", "broken", "misnamed", "silent", "walnut")


def test_only_the_vendor_that_is_asked_for_is_imported(catalog: Declared[Integration]) -> None:
    """A broken file of a vendor nobody uses must not stop the bot."""
    found = catalog.find("acorn")
    assert found is not None
    assert found.name == "acorn"
    loaded = [name for name in sys.modules if name.startswith(f"{catalog.package}.")]
    assert loaded == [f"{catalog.package}.acorn"]


def test_a_folder_is_a_vendor_too(catalog: Declared[Integration]) -> None:
    found = catalog.find("walnut")
    assert found is not None
    assert found.name == "walnut"


@pytest.mark.parametrize("name", ["hazel", "_shared", "walnut.queries", "", "../acorn"])
def test_what_is_not_there_is_none(catalog: Declared[Integration], name: str) -> None:
    assert catalog.find(name) is None


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("misnamed", "calls itself 'other'"),
        ("broken", "nothing_like_this"),
        ("silent", "declares no INTEGRATION"),
    ],
)
def test_an_unusable_file_says_why(catalog: Declared[Integration], name: str, problem: str) -> None:
    with pytest.raises(IntegrationUnusable, match=problem) as caught:
        catalog.find(name)
    assert caught.value.fix


def test_an_unusable_vendor_is_a_mistake_at_its_section(catalog: Declared[Integration]) -> None:
    text = "integrations:\n  acorn:\n  silent:\n  hazle:\n"
    with pytest.raises(ConfigInvalid) as caught:
        parse(text, Path("opsbot.yaml"), {}, catalog.find, catalog.names())
    silent, hazle = caught.value.problems
    assert (silent.line, silent.key) == (3, "integrations.silent")
    assert (hazle.line, hazle.key) == (4, "integrations.hazle")


def test_the_vendors_that_ship_with_opsbot_all_load() -> None:
    """File name and INTEGRATION agree for every one of them."""
    catalog = integration_catalog()
    assert tuple(vendor.name for vendor in catalog.all()) == catalog.names()

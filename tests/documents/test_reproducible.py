"""The same record and template give the same bytes, in any process, zone and hash order."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from opsbot.documents import document_of
from opsbot.documents.template import default_template
from tests.documents import records

ROOT = Path(__file__).parents[2]
PROGRAM = """
import hashlib, json
from opsbot.documents import document_of
from opsbot.documents.template import default_template
from tests.documents.records import RECORDS

found = {}
for name, record in RECORDS.items():
    pen = record()
    made = document_of(pen.incident, pen.entries, default_template())
    for form, text in (("md", made.markdown), ("json", made.data), ("html", made.html)):
        found[f"{name}.{form}"] = hashlib.sha256(text.encode()).hexdigest()
print(json.dumps(found))
"""


def hashes(seed: str, zone: str, locale: str) -> dict[str, str]:
    """The hash of every document, made by a process of its own."""
    environ = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": locale}
    ran = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, env=environ,
                         capture_output=True, check=True)  # fmt: skip
    return json.loads(ran.stdout)


def test_every_document_has_the_same_bytes_in_any_process() -> None:
    first = hashes("1", "UTC", "C")
    assert len(first) == 3 * len(records.RECORDS)
    assert first == hashes("4711", "Pacific/Chatham", "C.UTF-8")


def test_twice_in_one_process_is_the_same_too() -> None:
    pen = records.glass_broken()
    made = [document_of(pen.incident, pen.entries, default_template()) for _ in range(2)]
    assert made[0] == made[1]


def test_the_json_has_one_form_only() -> None:
    """Sorted keys, and a line for every item of a list, so that a change can be read."""
    pen = records.private()
    data = document_of(pen.incident, pen.entries, default_template()).data
    read = json.loads(data)
    assert sorted(read) == list(read)
    assert list(read["postmortem"]) == sorted(read["postmortem"])
    for line in read["postmortem"]["timeline"]:
        assert f"    {json.dumps(line, sort_keys=True, ensure_ascii=False)}" in data
    assert data.endswith("}\n")


def test_the_version_of_the_template_is_the_hash_of_its_text() -> None:
    template = default_template()
    assert template.version == hashlib.sha256(template.text.encode()).hexdigest()

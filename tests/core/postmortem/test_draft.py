"""The document as a value: what it says of each record, and what it must never say."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest

from opsbot.core import entry as e
from opsbot.core.incident import new_incident
from opsbot.core.postmortem.draft import postmortem
from opsbot.core.redaction import what_remains
from tests.core.postmortem.drafted import drafted, sentences, text
from tests.documents import records
from tests.documents.pen import DEPLOY, KIM, MEMORY, ROBIN, SUSPECT, Pen
from tests.documents.records import CHANGES, METRICS, RECORDS

ALL = pytest.mark.parametrize("name", RECORDS)


@ALL
def test_the_summary_has_three_sentences(name: str) -> None:
    said = drafted(RECORDS[name]()).summary
    assert len(said) == 3
    assert all(sentence.text.endswith((".", ".”", "?”")) for sentence in said)


@ALL
def test_every_sentence_rests_on_entries_that_exist(name: str) -> None:
    document = drafted(RECORDS[name]())
    told = sentences(document)
    assert len(told) > 10
    for sentence in told:
        assert all(1 <= seq <= document.through for seq in sentence.because), sentence


@ALL
def test_every_sentence_is_one_line_with_a_beginning_and_an_end(name: str) -> None:
    for sentence in sentences(drafted(RECORDS[name]())):
        assert sentence.text == sentence.text.strip() != ""
        assert "\n" not in sentence.text
        assert "None" not in sentence.text
        assert not re.search(r"  |\.\.(?!\.)|, \.| ,", sentence.text), sentence.text


@ALL
def test_the_same_record_gives_the_same_document_in_whatever_order_it_is_read(name: str) -> None:
    pen = RECORDS[name]()
    shuffled = list(pen.entries)
    random.Random(7).shuffle(shuffled)
    assert postmortem(pen.incident, shuffled).summary == drafted(pen).summary
    assert drafted(pen) == drafted(RECORDS[name]())


def test_an_incident_of_which_nothing_is_known_has_a_document_too() -> None:
    document = postmortem(new_incident("inc-1"), ())
    assert len(document.summary) == 3
    assert document.timeline == ()


# --- blameless ----------------------------------------------------------------------------------


@ALL
def test_no_machine_says_root_cause_or_fault(name: str) -> None:
    words = text(sentences(drafted(RECORDS[name]()))).lower()
    assert not re.search(r"root cause|\bfault\b|\bblame|\bcleared as|human error", words)


def test_no_person_stands_among_the_contributing_factors() -> None:
    """A deploy's author may stand in what a source says of it; the factor leaves it out."""
    pen = Pen()
    pen.page(8)
    named = DEPLOY.summary.replace("Deployed", "Ada Author deployed")
    pen.report(8.4, "pagerduty", CHANGES, replace(DEPLOY, summary=named))
    pen.report(8.4, "prometheus", METRICS, MEMORY)
    pen.rank(8.5, SUSPECT, onset=MEMORY.at)
    document = drafted(pen)
    told = (document.factors, document.factor_notes, document.story, document.summary)
    assert "Ada" not in text(sentences(told))
    assert "deploy v2.14" in text(sentences(document.story))


def test_what_went_badly_speaks_of_the_work_and_names_nobody() -> None:
    for name in RECORDS:
        said = text(drafted(RECORDS[name]()).went_badly)
        assert not re.search("Robin|Kim|Alex", said), name


# --- what was taken back or redacted ------------------------------------------------------------


def test_what_was_redacted_or_taken_back_is_nowhere_in_the_document() -> None:
    document = drafted(records.redacted_and_withdrawn())
    everything = repr(document)
    assert "hunter2" not in everything
    assert "I think it is the database" not in everything
    assert "Entry 5 was redacted by Kim Example" in text(document.gaps)


def test_words_that_still_stand_in_a_redacted_entry_are_not_told() -> None:
    """The store takes them out; a document does not rely on it."""
    pen = Pen()
    pen.page(0)
    seq = pen.write(e.ImpactSet(text="Customer Zebra-Quux cannot pay"), 1, by=ROBIN)
    pen.write(e.Redacted(seq=seq, reason="a customer's name"), 2, by=KIM)
    assert "Zebra" not in repr(drafted(pen).impact)
    assert "(redacted)" in text(drafted(pen).impact)


def test_a_redacted_title_is_said_to_be_and_makes_no_file_name() -> None:
    pen = Pen()
    pen.page(0, "Zebra-Quux cannot pay")
    for seq in (1, 2):
        pen.write(e.Redacted(seq=seq, reason="a customer's name"), 5, by=KIM)
    pen.entries = [
        replace(x, body=what_remains(x.body)) if x.seq in (1, 2) else x for x in pen.entries
    ]
    document = drafted(pen)
    assert (document.title, document.stem) == ("(title redacted)", "inc-42")
    assert "zebra" not in repr(document).lower()


def test_a_private_incident_has_a_name_and_a_gist_that_say_nothing() -> None:
    document = drafted(records.private())
    assert (document.stem, document.gist) == ("inc-50-private", "Postmortem of INC-50 (private)")
    assert document.private

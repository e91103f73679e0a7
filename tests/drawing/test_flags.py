"""Labels beside vertical lines: never on top of each other, and seldom across a line."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from opsbot.drawing.flags import POLE, placed, rows

LABELS = st.lists(st.tuples(st.floats(150, 900), st.floats(30, 470)), max_size=12)


@given(labels=LABELS)
def test_no_two_labels_overlap_and_all_stay_on_the_picture(
    labels: list[tuple[float, float]],
) -> None:
    """Whatever happened at once, every label can be read."""
    flags = placed(labels, least=20, most=990)
    assert [flag.pole for flag in flags] == [pole for pole, _ in labels]
    for flag, (_, width) in zip(flags, labels, strict=True):
        assert abs((flag.right - flag.left) - width) < 1e-6
        assert flag.left >= 20
        assert flag.right <= 990 + 1e-6
    assert not [1 for one, other in combinations(flags, 2) if one.overlaps(other)]
    assert rows(flags) <= 2 * len(labels)


@given(poles=st.lists(st.floats(150, 500), min_size=1, max_size=7, unique=True))
def test_with_room_on_the_right_no_line_runs_through_a_label(poles: list[float]) -> None:
    """Words right of their lines, the leftmost highest: this order always works."""
    flags = placed([(pole, 400.0) for pole in poles], least=20, most=990)
    assert not [1 for one, other in combinations(flags, 2) if one.crosses(other)]


def test_far_apart_labels_share_the_lowest_row() -> None:
    flags = placed([(200, 100), (500, 100), (800, 100)], least=20, most=990)
    assert [flag.row for flag in flags] == [0, 0, 0]
    assert [flag.left for flag in flags] == [200 + POLE, 500 + POLE, 800 + POLE]


def test_a_label_at_the_right_edge_stands_left_of_its_line() -> None:
    (flag,) = placed([(900, 200)], least=20, most=990)
    assert flag.right == 900 - POLE


def test_a_line_under_a_wide_label_stops_below_it() -> None:
    """The deploy before the onset is told above the onset, whose line does not reach there."""
    deploy, onset = placed([(300, 400), (340, 120)], least=20, most=990)
    assert (deploy.row, onset.row) == (1, 0)


def test_no_label_takes_no_row() -> None:
    assert rows(placed([], least=0, most=1)) == 0

"""How a rollout stands, by the fields of its Deployment: kubectl's rules, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from opsbot.executors._kubernetes_objects import Deployment, read_deployment
from opsbot.executors._kubernetes_rollout import Stage, stage_of

STUCK = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]


def deployment(*, generation: int = 2, wanted: int = 3, **status: Any) -> Deployment:
    """A Deployment with this status; everything is done unless said otherwise."""
    done = {
        "observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3,
    }  # fmt: skip
    found = read_deployment(
        {
            "metadata": {"name": "cart", "namespace": "shop", "generation": generation},
            "spec": {"template": {}, "replicas": wanted},
            "status": {key: value for key, value in {**done, **status}.items() if value},
        }
    )
    assert found is not None
    return found


ROWS: list[tuple[dict[str, Any], Stage, str]] = [
    ({}, Stage.DONE, "3 of 3 pods available"),
    # What the controller has not seen yet says nothing of its status, not even that it is stuck.
    ({"observedGeneration": 1}, Stage.GOES_ON, "the cluster has not begun yet"),
    ({"observedGeneration": 1, "conditions": STUCK}, Stage.GOES_ON, "has not begun yet"),
    ({"observedGeneration": None}, Stage.GOES_ON, "the cluster has not begun yet"),
    ({"conditions": STUCK}, Stage.STUCK, "exceeded its progress deadline"),
    ({"updatedReplicas": 0}, Stage.GOES_ON, "0 of 3 pods updated"),
    ({"updatedReplicas": 2, "replicas": 4}, Stage.GOES_ON, "2 of 3 pods updated"),
    ({"replicas": 4}, Stage.GOES_ON, "1 old pod still to go"),
    ({"availableReplicas": 1}, Stage.GOES_ON, "1 of 3 updated pods available"),
    # Scaling down: every pod is updated, and too many are there.
    ({"replicas": 5, "updatedReplicas": 5, "availableReplicas": 5}, Stage.GOES_ON, "2 old pods"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "stage", "words"), ROWS)
def test_a_rollout_is_done_only_when_everything_is(
    status: dict[str, Any], stage: Stage, words: str
) -> None:
    """`updated = available = desired`, and seen by the controller."""
    found, said = stage_of(deployment(**status))
    assert found is stage
    assert words in said


def test_no_pods_at_all_is_a_finished_rollout_of_none() -> None:
    """Zeros are left out of a status."""
    none = {"replicas": 0, "updatedReplicas": 0, "availableReplicas": 0}
    assert stage_of(deployment(wanted=0)) == (Stage.GOES_ON, "3 old pods still to go")
    assert stage_of(deployment(wanted=0, **none)) == (Stage.DONE, "0 of 0 pods available")


def test_an_unsaid_number_of_pods_is_one() -> None:
    """The API's default."""
    one = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    held = read_deployment(
        {"metadata": {"name": "x", "generation": 1}, "spec": {"template": {}},
         "status": {"observedGeneration": 1, **one}}
    )  # fmt: skip
    assert held is not None
    assert stage_of(held) == (Stage.DONE, "1 of 1 pod available")


@pytest.mark.parametrize("body", [None, [], {}, {"metadata": {"name": "x"}}, {"spec": {}}, "x"])
def test_something_else_is_no_deployment(body: Any) -> None:
    assert read_deployment(body) is None

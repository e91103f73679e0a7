"""Which blocks the sandbox Slack takes: counts, lengths, shapes, ids and the unwritten total."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbot.sandbox.slack.blocks import check_message_blocks, with_ids
from opsbot.sandbox.slack.errors import SlackError
from tests.sandbox.slack_block_cases import (
    FINE,
    LIMITS,
    WRONG,
    Json,
    actions,
    button,
    mrkdwn,
    option,
    plain,
    rich,
    section,
    select,
)
from tests.sandbox.slack_world import SlackWorld, refusal


def problems_of(*blocks: Json) -> list[str]:
    with pytest.raises(SlackError) as caught:
        check_message_blocks(list(blocks))
    found: list[str] = caught.value.extra.get("errors", [caught.value.name])
    return found


@pytest.mark.parametrize(
    ("fine", "over", "problem"), [row[1:] for row in LIMITS], ids=[row[0] for row in LIMITS]
)
def test_a_limit_is_kept_to_the_character(fine: Json, over: Json, problem: str) -> None:
    """At the limit Slack takes it; one more is refused with a pointer to the place."""
    assert check_message_blocks([fine]) == [fine]
    assert problem in problems_of(over)


@pytest.mark.parametrize(
    ("block", "problem"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_malformed_block_is_refused_with_a_pointer(block: Json, problem: str) -> None:
    assert problems_of(block) == [problem]


def test_well_formed_blocks_are_taken() -> None:
    assert check_message_blocks(FINE) == FINE


def test_a_message_holds_fifty_blocks() -> None:
    divider = {"type": "divider"}
    assert len(check_message_blocks([divider] * 50)) == 50
    assert problems_of(*[divider] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]


def test_block_ids_are_unique_in_a_message() -> None:
    problem = '`block_id` "a" already exists [json-pointer:/blocks/1/block_id]'
    assert problems_of(*[{"type": "divider", "block_id": "a"}] * 2) == [problem]


def test_the_same_action_id_may_stand_in_two_blocks() -> None:
    assert len(check_message_blocks([actions(button()), actions(button())])) == 2


def test_markdown_blocks_share_twelve_thousand_characters() -> None:
    assert "must be less than 12001 characters [json-pointer:/blocks]" in problems_of(
        *[{"type": "markdown", "text": "x" * 6_001}] * 2
    )


def test_blocks_within_every_written_limit_are_refused_when_too_long_in_total() -> None:
    """The unwritten ceiling: 12,000 characters, less when they are spread over many blocks."""
    full = section(text=mrkdwn("x" * 3000))
    assert len(check_message_blocks([full] * 4)) == 4
    assert problems_of(*[full] * 4, section(text=mrkdwn("x"))) == ["msg_blocks_too_long"]
    spread = [section(text=mrkdwn("x" * 180))] * 44
    assert len(check_message_blocks(spread[:43])) == 43
    assert problems_of(*spread) == ["msg_blocks_too_long"]


def test_rich_text_counts_into_the_total() -> None:
    log = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x" * 12_001}]}
    assert problems_of(rich(log)) == ["msg_blocks_too_long"]


async def test_a_refusal_carries_errors_and_messages(slack: SlackWorld) -> None:
    """invalid_blocks comes with `errors` and the same in response_metadata.messages."""
    room = slack.room()
    blocks = [actions(*[button(action_id=str(n)) for n in range(26)])]
    body = await refusal(slack.client.chat_postMessage(channel=room.id, text="card", blocks=blocks))
    problem = "no more than 25 items allowed [json-pointer:/blocks/0/elements]"
    assert body["error"] == "invalid_blocks"
    assert body["errors"] == [problem]
    assert body["response_metadata"]["messages"] == [f"[ERROR] {problem}"]
    assert slack.workspace.posts(room.id) == []


async def test_blocks_inside_attachments_are_checked_too(slack: SlackWorld) -> None:
    body = await refusal(
        slack.client.chat_postMessage(
            channel=slack.room().id, text="x", attachments=[{"blocks": [section()]}]
        )
    )
    assert body["errors"][0].endswith("[json-pointer:/attachments/0/blocks/0]")


def test_missing_ids_are_filled_in_and_given_ones_kept() -> None:
    given_blocks = [
        section(text=plain("x"), accessory=button()),
        actions(select(options=[option()])),
    ]
    del given_blocks[1]["elements"][0]["action_id"]
    filled = with_ids([*given_blocks, {"type": "divider", "block_id": "mine"}])
    assert filled[0]["accessory"]["action_id"] == "ack"
    assert filled[1]["elements"][0]["action_id"]
    assert (len({block["block_id"] for block in filled}), filled[2]["block_id"]) == (3, "mine")
    assert "block_id" not in given_blocks[0]


_WORDS = st.sampled_from(["section", "actions", "button", "rich_text", "mrkdwn", "text", "type"])
_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | _WORDS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "text", "elements", "fields", "accessory", "options", "rows"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(_JSON)
def test_any_json_is_taken_or_refused_never_a_crash(value: Any) -> None:
    """Whatever comes, the judge answers with blocks or with one of three errors."""
    error = ""
    try:
        check_message_blocks(value)
    except SlackError as refused:
        error = refused.name
    assert error in ("", "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")

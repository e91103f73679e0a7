"""Modals and Home tabs of the sandbox Slack."""

from __future__ import annotations

from typing import Any

from tests.sandbox.slack_world import SlackWorld, error_of, refusal


def modal(**fields: Any) -> dict[str, Any]:
    title = {"type": "plain_text", "text": "Incident"}
    return {"type": "modal", "title": title, "blocks": [{"type": "divider"}], **fields}


def trigger(slack: SlackWorld) -> str:
    if "ada" not in {user.name for user in slack.workspace.users.values()}:
        slack.workspace.add_user("ada", id="UADA")
    return slack.sandbox.views.new_trigger("UADA")


async def test_a_trigger_opens_one_view_within_three_seconds(slack: SlackWorld) -> None:
    used = trigger(slack)
    opened = await slack.client.views_open(trigger_id=used, view=modal())
    assert opened["view"]["id"] in slack.sandbox.views.views
    late = trigger(slack)
    slack.clock.advance(3.1)
    cases = {
        used: "exchanged_trigger_id",
        late: "expired_trigger_id",
        "1.2.x": "invalid_trigger_id",
    }
    for trigger_id, error in cases.items():
        call = slack.client.views_open(trigger_id=trigger_id, view=modal())
        assert await error_of(call) == error


async def test_three_views_stack_and_no_more(slack: SlackWorld) -> None:
    client = slack.client
    first = await client.views_open(trigger_id=trigger(slack), view=modal())
    second = await client.views_push(trigger_id=trigger(slack), view=modal())
    await client.views_push(trigger_id=trigger(slack), view=modal())
    fourth = client.views_push(trigger_id=trigger(slack), view=modal())
    assert second["view"]["root_view_id"] == first["view"]["id"]
    assert await error_of(fourth) == "push_limit_reached"


async def test_an_update_with_an_old_hash_conflicts(slack: SlackWorld) -> None:
    client = slack.client
    opened = await client.views_open(trigger_id=trigger(slack), view=modal())
    view_id, seen = opened["view"]["id"], opened["view"]["hash"]
    await client.views_update(view_id=view_id, view=modal(), hash=seen)
    stale = client.views_update(view_id=view_id, view=modal(), hash=seen)
    assert await error_of(stale) == "hash_conflict"


async def test_a_closed_view_is_not_found(slack: SlackWorld) -> None:
    opened = await slack.client.views_open(trigger_id=trigger(slack), view=modal())
    slack.sandbox.views.close("UADA")
    update = slack.client.views_update(view_id=opened["view"]["id"], view=modal())
    assert await error_of(update) == "not_found"


async def test_external_ids_are_unique(slack: SlackWorld) -> None:
    client = slack.client
    view = modal(external_id="inc-1")
    await client.views_open(trigger_id=trigger(slack), view=view)
    again = client.views_push(trigger_id=trigger(slack), view=view)
    assert await error_of(again) == "duplicate_external_id"
    await client.views_update(external_id="inc-1", view=view)


async def test_what_is_wrong_with_a_view_is_listed(slack: SlackWorld) -> None:
    long_title = {"type": "plain_text", "text": "x" * 25}
    bad = modal(title=long_title, submit_disabled=True, blocks=[{"type": "knob"}])
    body = await refusal(slack.client.views_open(trigger_id=trigger(slack), view=bad))
    assert body["error"] == "invalid_arguments"
    assert body["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]",
        "[ERROR] invalid additional property: submit_disabled [json-pointer:/view]",
        "[ERROR] unsupported type: knob [json-pointer:/view/blocks/0/type]",
    ]


async def test_a_modal_with_inputs_needs_a_submit_button(slack: SlackWorld) -> None:
    label = {"type": "plain_text", "text": "Impact"}
    element = {"type": "plain_text_input", "action_id": "impact"}
    view = modal(blocks=[{"type": "input", "label": label, "element": element}])
    body = await refusal(slack.client.views_open(trigger_id=trigger(slack), view=view))
    assert "submit" in body["response_metadata"]["messages"][0]


async def test_a_view_holds_a_hundred_blocks_and_250_kilobytes(slack: SlackWorld) -> None:
    many = modal(blocks=[{"type": "divider"}] * 101)
    body = await refusal(slack.client.views_open(trigger_id=trigger(slack), view=many))
    assert "no more than 100 items allowed" in body["response_metadata"]["messages"][0]
    heavy = modal(private_metadata="x" * 250_001)
    call = slack.client.views_open(trigger_id=trigger(slack), view=heavy)
    assert await error_of(call) == "view_too_large"


async def test_a_home_tab_is_published_and_replaced(slack: SlackWorld) -> None:
    trigger(slack)
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    first = await slack.client.views_publish(user_id="UADA", view=home)
    second = await slack.client.views_publish(user_id="UADA", view=home)
    assert first["view"]["id"] == second["view"]["id"]
    wrong = slack.client.views_publish(user_id="UADA", view=modal())
    assert await error_of(wrong) == "invalid_arguments"

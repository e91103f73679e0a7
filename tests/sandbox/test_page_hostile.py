"""Hostile text in every place of the sandbox page that shows somebody's words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from opsbot.sandbox.slack.blocks import with_ids
from tests.sandbox.page_rig import Element, Elements, serving
from tests.sandbox.slack_forms import asking, form
from tests.sandbox.slack_world import SlackWorld
from tests.sandbox.world_rig import running

EVIL = "</script></title></textarea></dialog>\"'><script>alert(1)</script>\u202egnp.exe <!channel>"


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def fill(slack: SlackWorld) -> None:
    """Say it in every way there is."""
    workspace, room = slack.workspace, slack.workspace.general
    eve = workspace.add_user("eve<b>", real_name=EVIL, email="eve@example.com")
    workspace.set_topic(room, EVIL, eve.id)
    workspace.set_purpose(room, EVIL, eve.id)
    workspace.add_bookmark(room, title=EVIL, link="javascript:alert(1)", emoji=EVIL, user=eve.id)
    said = workspace.post(room, user=eve.id, text=EVIL)
    workspace.pin(room, said.ts, eve.id)
    workspace.react(said, 'x"><b>', eve.id)
    attachment = {
        "color": "red\" onload=alert(1)", "title": EVIL, "title_link": "javascript:alert(1)",
        "text": EVIL, "pretext": EVIL, "footer": EVIL, "fields": [{"title": EVIL, "value": EVIL}],
    }  # fmt: skip
    workspace.post(room, user=slack.bot, text=EVIL, attachments=[attachment])
    option = {"text": plain(EVIL), "value": EVIL, "description": plain(EVIL)}
    blocks = [
        {"type": "header", "text": plain(EVIL)},
        {"type": "image", "image_url": f"https://{EVIL}", "alt_text": EVIL, "title": plain(EVIL)},
        {
            "type": "actions",
            "elements": [
                {
                    "type": "button",
                    "text": plain(EVIL),
                    "url": "javascript:alert(1)",
                    "value": EVIL,
                },
                {"type": "static_select", "options": [option], "placeholder": plain(EVIL)},
                {"type": "overflow", "options": [{**option, "url": "javascript:alert(1)"}]},
            ],
        },
    ]
    workspace.post(room, user=slack.bot, text="x", blocks=with_ids(blocks))
    workspace.post_ephemeral(room, to=eve.id, text=EVIL, blocks=[])
    stored = workspace.new_file(name=EVIL, title=EVIL, length=9, user=eve.id, alt_text=EVIL)
    stored.data = EVIL.encode()
    workspace.share_files(room, [stored], user=eve.id, text=EVIL, thread_ts=None)
    written = asking("a", "plain_text_input", multiline=True, initial_value=EVIL)
    written = {**written, "hint": plain(EVIL), "label": plain(EVIL)}
    view = form(*with_ids([written]), title=plain(EVIL), close=plain(EVIL))
    opened = slack.sandbox.views.open(eve.id, view)
    slack.sandbox.views.refuse(opened, {"a": EVIL})


def runs(element: Element) -> bool:
    """Whether a browser would run anything of it."""
    addresses = (element.attributes.get(name, "") for name in ("href", "src", "action"))
    return (
        any(name.startswith("on") or name == "style" for name in element.attributes)
        or any(
            address.strip().lower().startswith(("javascript:", "data:")) for address in addresses
        )
        or (element.tag == "script" and element.attributes.get("src") != "/static/page.js")
    )


async def test_nothing_anybody_writes_runs_or_breaks_out_of_its_place(slack: SlackWorld) -> None:
    fill(slack)
    eve = next(user for user in slack.workspace.users.values() if not user.is_bot)
    async with running() as rig, serving(slack, rig.world) as page:
        await rig.world.pagerduty.trigger(replace(rig.world.scenario.page, title=EVIL))
        room = slack.workspace.general
        html = await page.html(eve, f"archives/{room.id}", panel="open")
    found = Elements(html)
    assert not [element for element in found.found if runs(element)]
    assert len(found.all("script")) == 1
    assert html.count("</title>") == 1
    assert html.count("</textarea>") == html.count("<textarea")
    assert html.count("</dialog>") == html.count("<dialog")
    assert html.count("alert(1)") > 20, "the words themselves are still to be read"


async def test_text_that_runs_backwards_stays_in_its_own_place(slack: SlackWorld) -> None:
    """Names stand in `bdi`, texts in elements with a direction of their own."""
    fill(slack)
    eve = next(user for user in slack.workspace.users.values() if not user.is_bot)
    async with serving(slack) as page:
        html = await page.html(eve, f"archives/{slack.workspace.general.id}")
    main = Elements(html[html.index("<main") : html.index("</main>")])
    assert {element.tag for element in main.of_class("name")} == {"bdi"}
    for css in ("text", "topic", "header"):
        assert {element.attributes.get("dir") for element in main.of_class(css)} == {"auto"}

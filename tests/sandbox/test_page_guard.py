"""Who may reach the sandbox page, and what its answers allow a browser to do."""

from __future__ import annotations

import re

import pytest

from opsbot.sandbox.page.guard import POLICY
from opsbot.sandbox.page.site import WorkspacePage
from tests.sandbox.page_rig import Elements, serving
from tests.sandbox.slack_world import SlackWorld

ORIGINS = [None, "null", "https://evil.example", "http://127.0.0.1:1", "http://localhost"]


@pytest.mark.parametrize("origin", ORIGINS)
async def test_only_the_page_itself_may_act(slack: SlackWorld, origin: str | None) -> None:
    """The browser says where an act comes from; another page's is refused and does nothing."""
    ada, room = slack.workspace.add_user("ada"), slack.workspace.general
    headers = {} if origin is None else {"Origin": origin}
    async with serving(slack) as page:
        address = f"{page.url}act/say?as={ada.id}"
        body = {"channel": room.id, "text": "x"}
        async with page.http.post(address, json=body, headers=headers) as response:
            assert response.status == 403
    assert slack.workspace.posts("general") == []


async def test_an_act_is_json_which_no_foreign_form_can_send(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    async with serving(slack) as page:
        headers = {"Origin": page.url.rstrip("/")}
        address = f"{page.url}act/say?as={ada.id}"
        async with page.http.post(address, data={"text": "x"}, headers=headers) as response:
            assert response.status == 415


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "10.0.0.1", "127.0.0.1.evil"]
)
async def test_a_foreign_host_name_is_refused(slack: SlackWorld, host: str) -> None:
    """A name that somebody has pointed at this machine (DNS rebinding)."""
    slack.workspace.add_user("ada")
    async with serving(slack) as page:
        response = await page.http.get(page.url, headers={"Host": host})
        async with response:
            assert response.status == 403


async def test_every_answer_carries_the_strict_policy(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    general = f"archives/{slack.workspace.general.id}?as={ada.id}"
    async with serving(slack) as page:
        for path in (general, "static/page.js", "static/page.css", "archives/C404", "files/F404"):
            async with page.http.get(page.url + path) as response:
                assert response.headers["Content-Security-Policy"] == POLICY
                assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "unsafe" not in POLICY


async def test_the_page_needs_nothing_the_policy_forbids(slack: SlackWorld) -> None:
    """No inline script, style or handler, and nothing from another address."""
    ada = slack.workspace.add_user("ada")
    room = slack.workspace.general
    slack.workspace.post(
        room, user=ada.id, text="<https://example.com/a.png|x> <img src=x onerror=y>"
    )
    async with serving(slack) as page:
        found = await page.look(ada, f"archives/{room.id}", panel="open")
    assert [e.attributes["src"] for e in found.all("script")] == ["/static/page.js"]
    assert not found.all("style")
    for element in found.found:
        assert not [name for name in element.attributes if name == "style" or name.startswith("on")]
        for name in ("src", "href"):
            address = element.attributes.get(name, "/")
            assert address.startswith(("/", "#")) or element.tag == "a"


async def test_ids_are_unique_and_every_reference_leads_somewhere(slack: SlackWorld) -> None:
    """Labels, descriptions and menus point at ids; a screen reader follows them."""
    ada, room = slack.workspace.add_user("ada"), slack.workspace.general
    said = slack.workspace.post(room, user=ada.id, text="hello")
    slack.workspace.post(room, user=ada.id, text="reply", thread_ts=said.ts)
    slack.workspace.pin(room, said.ts, ada.id)
    async with serving(slack) as page:
        found = await page.look(ada, f"archives/{room.id}", thread=said.ts)
    ids = [e.attributes["id"] for e in found.found if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    pointing = ("for", "aria-labelledby", "aria-describedby", "popovertarget", "aria-controls")
    for element in found.found:
        for name in pointing:
            assert set(element.attributes.get(name, "").split()) <= set(ids)


async def test_the_page_has_landmarks_and_a_name_for_every_control(slack: SlackWorld) -> None:
    ada, room = slack.workspace.add_user("ada"), slack.workspace.general
    said = slack.workspace.post(room, user=ada.id, text="hello")
    async with serving(slack) as page:
        found = await page.look(ada, f"archives/{room.id}", thread=said.ts)
    assert found.one("main")
    assert found.one("nav").attributes["aria-label"] == "Workspace"
    assert found.one("aside", id="thread").attributes["aria-label"] == "Thread"
    assert found.one(id="announcer").attributes["aria-live"] == "polite"
    for control in [*found.all("button"), *found.all("a")]:
        named = control.text or control.attributes.get("aria-label")
        assert named or control.attributes.get("id", "").startswith("dialog-confirm")


async def test_the_page_listens_on_loopback_only(slack: SlackWorld) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        await WorkspacePage(slack.sandbox).start("0.0.0.0")  # noqa: S104 - this is what is refused


async def test_every_static_file_the_page_names_is_shipped(slack: SlackWorld) -> None:
    ada = slack.workspace.add_user("ada")
    async with serving(slack) as page:
        html = await page.html(ada, f"archives/{slack.workspace.general.id}")
        wanted = set(re.findall(r'"(/static/[^"]+)"', html))
        seen: set[str] = set()
        while wanted - seen:
            path = (wanted - seen).pop()
            seen.add(path)
            async with page.http.get(page.url + path.lstrip("/")) as response:
                assert response.status == 200, path
                text = await response.text()
            wanted |= {
                f"/static/{name}" for name in re.findall(r'(?:from|import) "\./([^"]+)"', text)
            }
    assert "/static/morph.js" in seen
    assert Elements(html).one("link", rel="stylesheet")

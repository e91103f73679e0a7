"""Different people at the workspace page: what one sees another does not; a guest is refused."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright", reason="the browser tests need Playwright: make test installs it")

from playwright.async_api import expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_guest_is_refused_with_a_reason_and_who_can(visitor: Visitor):
    await visitor.arrive("gus.guest")
    await visitor.open_channel("visitors")
    before = await visitor.private.count()
    await visitor.type("/incident list")
    await expect(visitor.private).to_have_count(before + 1)
    await expect(visitor.private.last).to_contain_text(
        "Guests cannot use opsbot here. Ask a full member"
    )
    await visitor.picture("guest")


async def test_a_private_incident_declared_by_form_is_there_for_those_in_it_alone(
    visitor: Visitor,
):
    """What somebody was told for themselves is theirs alone too."""
    await visitor.arrive()
    known = await visitor.rooms()
    await visitor.type("/incident declare")
    form = visitor.form("Declare an incident")
    await form.get_by_label("What is wrong").fill("Keys were published")
    await form.get_by_label("Service").press_sequentially("ema")
    await expect(form.get_by_role("listbox")).to_have_text("email-sender")
    await visitor.picture("type-ahead")
    await form.get_by_role("option", name="email-sender").click()
    await form.get_by_label("Keep it private").check()
    await visitor.press(form, "Declare")
    await expect(visitor.private.last).to_contain_text("is open")
    room = await visitor.open_room(known)
    await expect(visitor.card.get_by_role("heading")).to_contain_text("were published")
    await visitor.picture("private-room")
    await visitor.be("Kim Example")
    await expect(visitor.page.get_by_role("main")).to_contain_text("you may not see it")
    await visitor.open_channel("incidents")
    assert room not in await visitor.rooms()
    await expect(visitor.private).to_have_count(0)
    await expect(visitor.messages.filter(has_text="were published")).to_have_count(0)
    await visitor.picture("kim")

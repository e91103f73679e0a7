"""People at the workspace page in a real browser, at a desk and on a phone: pages become rooms, and
buttons, forms and typed lines change them while one looks on."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("playwright", reason="the browser tests need Playwright: make test installs it")

from playwright.async_api import expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_page_becomes_a_room_and_one_press_takes_it(visitor: Visitor):
    """The page is sent from the Sandbox panel; nothing is loaded again on the way to the lead."""
    await visitor.arrive()
    known = await visitor.rooms()
    panel = await visitor.open_panel()
    await visitor.press(panel, "Send the page")
    await visitor.picture("panel")
    await panel.get_by_role("link", name="Close the sandbox panel").click()
    await visitor.open_room(known)
    card = visitor.card
    await expect(card.get_by_role("heading")).to_have_text(
        "[SEV2] checkout-api: error share above 5 %"
    )
    await expect(card).to_contain_text("Impact not known yet")
    await expect(card).to_contain_text("Likely session-validation: memory at 99 % of its limit")
    await visitor.picture("card")
    await visitor.press(card, "Ack and lead")
    await expect(visitor.private).to_contain_text("You lead INC-")
    await expect(card).to_contain_text("acknowledged by Robin Sample")
    await expect(card).to_contain_text("lead Robin Sample")
    await expect(card.get_by_role("button", name="Ack and lead")).to_have_count(0)
    await expect(visitor.messages.filter(has_text="Robin Sample leads")).to_have_count(1)
    await visitor.picture("led")
    panel = await visitor.open_panel()
    await expect(panel.locator(".pd-incident").first).to_contain_text("acknowledged")


async def test_everything_goes_with_the_keyboard_alone(visitor: Visitor):
    """And the focus returns to where one was when a form or a menu closes."""
    await visitor.arrive()
    keys, composer = visitor.page.keyboard, visitor.page.get_by_test_id("composer")
    await visitor.tab_to(visitor.page.get_by_role("link", name="Skip to the message box"))
    await keys.press("Enter")
    await expect(composer).to_be_focused()
    await keys.type("/incident help")
    await keys.press("Enter")
    await expect(visitor.private.last).to_contain_text("What you can do")
    await visitor.picture("help")
    await keys.type("/incident declare")
    await keys.press("Enter")
    await expect(visitor.form("Declare an incident")).to_be_visible()
    await keys.press("Escape")
    await expect(visitor.form("Declare an incident")).to_have_count(0)
    await expect(composer).to_be_focused()
    button = visitor.page.get_by_role("button", name="Channel menu")
    await visitor.tab_to(button)
    await keys.press("Enter")
    await expect(visitor.page.get_by_role("button", name="Edit topic")).to_be_visible()
    await keys.press("Escape")
    await expect(button).to_be_focused()


async def test_the_thread_has_the_timeline_and_pictures_that_say_what_they_show(
    visitor: Visitor, paged_room: str
):
    await visitor.arrive()
    await visitor.open_channel(paged_room)
    thread = await visitor.open_thread()
    await expect(
        thread.get_by_test_id("message").filter(has_text="Timeline of INC-")
    ).to_have_count(1)
    chart = thread.get_by_role("img", name=re.compile(r"Error share of checkout-api.* to \d.* %"))
    waterfall = thread.get_by_role("img", name=re.compile("Failing request.*session-validation"))
    for picture in (chart, waterfall):
        await picture.scroll_into_view_if_needed()
        await picture.evaluate("(shown) => shown.decode()")  # it has come, and it is a picture


async def test_the_impact_is_set_by_form_and_a_wrong_time_is_told_at_its_field(
    visitor: Visitor, paged_room: str
):
    noticed = "One in ten orders fails"
    await visitor.arrive()
    await visitor.open_channel(paged_room)
    await visitor.type("/incident impact")  # the card's own button offers the runbook that fits
    form = visitor.form("Set the impact")
    await form.get_by_label("What users notice").fill(noticed)
    since = form.get_by_label("Since")
    await since.fill("half past breakfast")
    await visitor.press(form, "Set")
    told = re.compile("half past breakfast.? is not a time. Type one, such as")
    await expect(since).to_have_accessible_description(told)
    await expect(since).to_have_attribute("aria-invalid", "true")
    await expect(since).to_be_focused()
    await visitor.picture("wrong-time")
    await since.fill("-20m")
    await visitor.press(form, "Set")
    await expect(form).to_have_count(0)
    await expect(visitor.card).to_contain_text(f"Impact {noticed}, since ")
    said = visitor.messages.filter(has_text=f"Robin Sample set the impact: “{noticed}”")
    await expect(said).to_have_count(1)
    await visitor.picture("impact")


async def test_the_severity_is_set_from_the_menu_behind_more_and_taken_back(
    visitor: Visitor, paged_room: str
):
    await visitor.arrive()
    await visitor.open_channel(paged_room)
    await visitor.press(visitor.card, "More")
    menu = visitor.private.filter(has=visitor.page.get_by_role("button", name="Severity..."))
    await visitor.press(menu.last, "Severity...")
    form = visitor.form("Set the severity")
    await form.get_by_label("Severity").select_option("SEV1")
    await visitor.picture("severity")
    await visitor.press(form, "Set")
    title = visitor.card.get_by_role("heading")
    await expect(title).to_have_text("[SEV1] checkout-api: error share above 5 %")
    await visitor.picture("menu")
    await visitor.press(visitor.private.filter(has_text="is SEV1 now").last, "Undo")
    await expect(title).to_have_text("[SEV2] checkout-api: error share above 5 %")

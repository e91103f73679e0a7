"""People at the workspace page in a real browser, at a desk and on a phone: pages become rooms, and
buttons, forms and typed lines change them while one looks on."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright", reason="the browser tests need Playwright: make test installs it")

from playwright.async_api import Locator, expect

from tests.browser.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_page_becomes_a_room_and_one_press_takes_it(visitor: Visitor):
    """The page is sent from the Sandbox panel; nothing is loaded again on the way to the lead."""
    await visitor.arrive()
    known = await visitor.rooms()
    await visitor.page.get_by_role("link", name="Sandbox panel").click()
    panel = visitor.page.get_by_role("complementary", name="Sandbox")
    await visitor.press(panel, "Send the page")
    await visitor.picture("panel")
    await panel.get_by_role("link", name="Close the sandbox panel").click()
    await visitor.open_room(known)
    card = visitor.card
    await expect(card.get_by_role("heading")).to_have_text("[SEV2] checkout-api: error share above 5 %")
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


async def test_the_impact_is_set_by_form_and_a_wrong_time_is_told_at_its_field(visitor: Visitor):
    await declared(visitor, "Search is slow")
    await visitor.press(visitor.card, "Set impact")
    form = visitor.form("Set the impact")
    await form.get_by_label("What users notice").fill("half of all searches time out")
    since = form.get_by_label("Since")
    await since.fill("half past breakfast")
    await visitor.press(form, "Set")
    await expect(since).to_have_attribute("aria-invalid", "true")
    await expect(since).to_have_accessible_description("ZZ")
    await expect(since).to_be_focused()
    await visitor.picture("wrong-time")
    await since.fill("-20m")
    await visitor.press(form, "Set")
    await expect(form).to_have_count(0)
    await expect(visitor.card).to_contain_text("Impact half of all searches time out, since")
    await expect(visitor.messages.filter(has_text="Robin Sample set the impact")).to_have_count(1)
    await visitor.press(visitor.private.last, "Undo")
    await expect(visitor.card).to_contain_text("Impact not")


async def test_the_severity_is_set_from_the_menu_behind_more_and_taken_back(visitor: Visitor):
    await declared(visitor, "Mail is late")
    title = visitor.card.get_by_role("heading")
    await expect(title).to_contain_text("[SEV3] Mail is late")
    await visitor.press(visitor.card, "More")
    menu = visitor.private.last
    await visitor.picture("menu")
    await visitor.press(menu, "Severity...")
    form = visitor.form("Set the severity")
    await visitor.picture("severity")
    await form.get_by_label("Severity").select_option("SEV1")
    await visitor.press(form, "Set")
    await expect(title).to_contain_text("[SEV1] Mail is late")
    await visitor.press(visitor.private.filter(has_text="is SEV1 now"), "Undo")
    await expect(title).to_contain_text("[SEV3] Mail is late")
    await visitor.picture("undone")


async def test_a_private_incident_declared_by_form_is_there_for_those_in_it_alone(
    visitor: Visitor,
):
    """What somebody was told for themselves is theirs alone too."""
    await visitor.arrive()
    known = await visitor.rooms()
    await visitor.type("/incident declare")
    form = visitor.form("Declare an incident")
    await form.get_by_label("What is wrong").fill("Keys were published")
    await visitor.picture("declare")
    await form.get_by_label("Service").press_sequentially("check")
    await visitor.picture("type-ahead")
    await form.get_by_role("option", name="checkout-api").click()
    await form.get_by_label("Keep it private").check()
    await visitor.press(form, "Declare")
    room = await visitor.open_room(known)
    await visitor.picture("private-room")
    await visitor.be("Kim Example")
    await expect(visitor.page.locator("#main")).to_contain_text("ZZ")
    await visitor.open_channel("incidents")
    assert room not in await visitor.rooms()
    await expect(visitor.private).to_have_count(0)
    await visitor.picture("kim")


async def test_the_thread_has_the_timeline_and_pictures_that_say_what_they_show(
    visitor: Visitor, evidence: str
):
    await visitor.arrive()
    await visitor.open_channel(evidence)
    await visitor.card.get_by_test_id("thread-summary").click()
    thread = visitor.page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_test_id("message").filter(has_text="Timeline")).to_have_count(1)
    pictures = thread.get_by_role("img").filter(visible=True)
    await visitor.picture("thread")


async def test_a_guest_is_refused_with_a_reason_and_who_can(visitor: Visitor):
    await visitor.arrive("gus.guest")
    await visitor.open_channel("visitors")
    await visitor.type("/incident list")
    await expect(visitor.private).to_contain_text("ZZ")
    await visitor.picture("guest")


async def test_everything_goes_with_the_keyboard_alone(visitor: Visitor):
    await visitor.arrive()
    keys = visitor.page.keyboard
    await visitor.page.locator("body").press("Tab")


async def declared(visitor: Visitor, title: str) -> None:
    """Robin declares an incident by typing, leads it, and enters its room. Titles differ by width:
    opsbot asks before it opens a second room for the same words."""
    await visitor.arrive()
    known = await visitor.rooms()
    await visitor.type(f'/incident declare "{title} ({visitor.width})" sev3 --lead')
    await visitor.open_room(known)
    await expect(visitor.card).to_contain_text("lead Robin Sample")

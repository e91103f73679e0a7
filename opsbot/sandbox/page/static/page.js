// The sandbox workspace in the browser: draws regions again as they change, and sends acts.
// The server renders everything; nothing here makes HTML out of text.

import { act, actOn, doIt, valueOf } from "./acting.js";
import { all, isWide, one, where } from "./dom.js";
import { grow } from "./drafts.js";
import { refresh, visit } from "./drawing.js";
import { copyLink, openDialog, openMessageMenu } from "./menus.js";
import { closeView, submitView, syncModals } from "./modals.js";
import { boxes, toEnd } from "./scroll.js";
import { drop } from "./search.js";
import "./stream.js";

const TYPED = "input[data-acts]:is([type=text], [type=email], [type=url], [type=number])"; // told by Enter

function arrive() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  all(".message.target").forEach((message) => message.classList.remove("target"));
  if (target) {
    target.classList.add("target");
    target.scrollIntoView({ block: "center" });
  }
  if (location.pathname === "/home") act("home", { tab: "home" });
  if (location.pathname === "/messages") act("home", { tab: "messages" });
  const box = one("#thread-text") ?? one("#composer-text");
  if (isWide() && !target && where().panel !== "true" && !one("dialog:modal")) box?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("a, button");
  if (!target) return;
  if (target.matches("a[data-visit]")) {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    target.closest("[popover]")?.hidePopover();
    target.closest("details.be")?.removeAttribute("open");
    visit(target.href);
  } else if (target.matches("[data-acts]")) actOn(target, null);
  else if (target.matches("[data-choose]")) {
    const menu = target.closest("[popover]");
    menu.hidePopover();
    actOn(document.getElementById(menu.dataset.anchor), target.dataset.choose);
  } else if (target.matches("[data-menu]")) openMessageMenu(target);
  else if (target.matches("[data-dialog]")) openDialog(target.dataset.dialog, target);
  else if (target.matches("[data-cancel]")) target.closest("dialog").close();
  else if (target.matches("[data-close]")) closeView(target.dataset.close, target.hasAttribute("data-all"));
  else if (target.matches("[data-copy-link]")) copyLink();
  else if (target.matches(".token")) drop(target);
  else if (target.id === "newer") toEnd(one("#scroll"));
  else if (target.matches("button[data-do]")) doIt(target);
});

document.addEventListener("change", (event) => {
  const element = event.target.closest(".boxes[data-acts], select[data-acts], input[data-acts]");
  if (element && !element.matches(TYPED)) actOn(element, valueOf(element));
  else if (event.target.matches("select[data-do]")) doIt(event.target, { chosen: event.target.value });
});

async function send(form) {
  const fields = Object.fromEntries(new FormData(form));
  const box = one("textarea", form);
  if (!fields.text.trim()) return;
  form.reset(); // at once: an answer may take three seconds, and the next words are already typed
  grow(box);
  boxes().forEach(toEnd);
  const said = await doIt(form, fields);
  if (!said.ok && !box.value) box.value = fields.text;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.submit && !form.dataset.do) return;
  event.preventDefault();
  if (form.dataset.submit) submitView(form);
  else if (form.matches(".composer")) send(form);
  else doIt(form, Object.fromEntries(new FormData(form)));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  if (event.target.matches(".composer textarea") && !event.shiftKey) {
    event.preventDefault();
    event.target.form.requestSubmit();
  } else if (event.target.matches(TYPED)) {
    event.preventDefault();
    actOn(event.target, event.target.value);
  }
});

document.addEventListener("input", (event) => event.target.matches(".composer textarea") && grow(event.target));
document.addEventListener("arrived", arrive);
addEventListener("popstate", () => visit(location.href, { push: false }));

document.body.dataset.screen = where().screen;
boxes().forEach(toEnd);
syncModals();
arrive();

// The sandbox workspace in the browser: draws regions again as they change, and sends acts.
// The server renders everything; nothing here makes HTML out of text.
"use strict";

const REGIONS = ["where", "sidebar", "main", "thread", "panel", "modals"];
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const where = () => one("#where").dataset;
const isWide = () => matchMedia("(min-width: 768px)").matches;

// --- Drawing: change what differs and leave focus, scrolling and typed text alone ---------------

function morph(from, to) {
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.data !== to.data) from.data = to.data;
    return;
  }
  const wasDefault = from.nodeName === "TEXTAREA" ? from.defaultValue : null;
  attributes(from, to);
  if (wasDefault !== null) {
    if (wasDefault !== to.defaultValue) from.value = from.defaultValue = to.defaultValue;
  } else if (!from.hasAttribute("data-client")) {
    children(from, to);
  }
}

function isClients(element, name) {
  if (name === "style" || name === "data-busy" || name === "inert") return true;
  if (name === "aria-expanded") return element.getAttribute("role") === "combobox";
  return (name === "open" || name === "hidden") && element.hasAttribute("data-keep");
}

function attributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !isClients(from, name)) setAttribute(from, name, null);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !isClients(from, name)) setAttribute(from, name, value);
  }
}

function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
  if (name === "value" && element.nodeName === "INPUT" && element.type !== "checkbox") element.value = value ?? "";
  if (name === "checked") element.checked = value !== null;
  if (name === "selected") element.selected = value !== null;
}

function children(from, to) {
  const keyed = new Map(all(":scope > [id]", from).map((child) => [child.id, child]));
  let here = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const match = wanted.id ? keyed.get(wanted.id) : here;
    const same = match && match.nodeType === wanted.nodeType && match.nodeName === wanted.nodeName && (match.id ?? "") === (wanted.id ?? "");
    if (!same) {
      from.insertBefore(wanted, here);
      continue;
    }
    if (match === here) here = here.nextSibling;
    else from.insertBefore(match, here);
    morph(match, wanted);
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

let visits = 0;

async function draw(address, regions) {
  const url = new URL(address, location.href);
  url.hash = "";
  url.searchParams.set("regions", regions.join(","));
  if (document.hidden) url.searchParams.set("away", "");
  const visit = visits;
  const response = await fetch(url);
  const drawn = new DOMParser().parseFromString(await response.text(), "text/html");
  if (visit !== visits || !response.ok) return response.ok;
  const held = document.activeElement;
  const before = { place: placeShown(), thread: threadShown(), known: knownMessages(), scrolls: scrollsNow() };
  keepDrafts();
  for (const name of regions) {
    const [from, to] = [one(`#${name}`), one(`#${name}`, drawn)];
    if (from && to) morph(from, to);
  }
  if (held !== document.activeElement && held?.isConnected) held.focus({ preventScroll: true });
  settle(before);
  return true;
}

function settle(before) {
  const moved = { scroll: before.place !== placeShown(), "thread-scroll": before.thread !== threadShown() };
  document.title = where().title;
  document.body.dataset.screen = where().screen;
  restoreDrafts();
  restoreScrolls(before.scrolls, moved);
  if (!moved["thread-scroll"]) announce(before.known);
  syncModals();
}

const placeShown = () => `${where().user} ${where().channel} ${where().home}`;
const threadShown = () => `${placeShown()} ${where().thread}`;
const knownMessages = () => new Set(all(".message").map((message) => message.id));

function announce(known) {
  const fresh = all("#messages .message, #thread .message").filter((message) => !known.has(message.id));
  for (const message of fresh.slice(-3)) {
    const words = all(".text, .header", message).map((part) => part.textContent.trim()).join(" ");
    const line = document.createElement("p");
    line.textContent = `${message.dataset.author}: ${words}`.slice(0, 300);
    one("#announcer").append(line);
  }
  while (one("#announcer").childElementCount > 6) one("#announcer").firstElementChild.remove();
  if (fresh.some((message) => message.closest("#messages")) && !atEnd.get("scroll")) one("#newer").hidden = false;
}

let waiting = new Set();
let refreshing = false;

async function refresh(regions) {
  for (const name of regions) waiting.add(name);
  if (refreshing) return;
  refreshing = true;
  try {
    while (waiting.size) {
      const wanted = REGIONS.filter((name) => waiting.has(name));
      waiting = new Set();
      await draw(location.href, wanted);
    }
  } catch (lost) {
    if (!(lost instanceof TypeError)) throw lost; // fetch failed: the stream tells when it is back
  } finally {
    refreshing = false;
  }
}

async function visit(address, { push = true } = {}) {
  const url = new URL(address, location.href);
  visits += 1;
  if (push) history.pushState(null, "", url);
  try {
    if (!(await draw(url, REGIONS))) location.assign(url);
  } catch {
    return showOffline(true);
  }
  listen();
  arrive();
}

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

// --- Scrolling and drafts -----------------------------------------------------------------------

const atEnd = new Map();
const isAtEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 40;
const boxes = () => ["scroll", "thread-scroll"].map((id) => one(`#${id}`)).filter(Boolean);
const toEnd = (box) => { box.scrollTop = box.scrollHeight; };
const scrollsNow = () => new Map(boxes().map((box) => [box.id, { end: isAtEnd(box), below: box.scrollHeight - box.scrollTop, top: box.scrollTop, first: firstMessage(box) }]));
const firstMessage = (box) => one(".message", box)?.id;

function restoreScrolls(scrolls, moved) {
  for (const box of boxes()) {
    const was = scrolls.get(box.id);
    if (!was || moved[box.id] || was.end) toEnd(box);
    else box.scrollTop = was.first === firstMessage(box) ? was.top : box.scrollHeight - was.below;
  }
}

document.addEventListener("scroll", (event) => {
  if (!boxes().includes(event.target)) return;
  atEnd.set(event.target.id, isAtEnd(event.target));
  if (event.target.id === "scroll" && atEnd.get("scroll")) one("#newer").hidden = true;
}, true);

const stay = () => boxes().forEach((box) => atEnd.get(box.id) !== false && toEnd(box));
document.addEventListener("load", stay, true); // a picture has come
addEventListener("resize", stay);

const drafts = new Map();
const writing = () => all("textarea[data-draft]");
const keepDrafts = () => writing().forEach((box) => { drafts.set(box.dataset.draft, box.value); box.draft = box.dataset.draft; });

function restoreDrafts() {
  for (const box of writing()) {
    if (box.draft === box.dataset.draft) continue;
    box.value = drafts.get(box.dataset.draft) ?? "";
    grow(box);
  }
}

function grow(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 240)}px`;
  stay();
}

// --- Live: one stream a tab, closed while nobody looks at it ------------------------------------

let stream = null;
let lost = 0;

function listen() {
  stream?.close();
  if (document.hidden) return;
  stream = new EventSource(`/stream${location.pathname}${location.search}`);
  const mine = stream;
  stream.addEventListener("hello", (event) => {
    if (lost || event.data !== where().version) refresh(REGIONS); // something happened in between
    showOffline(false);
  });
  stream.addEventListener("change", (event) => {
    const { regions, notices } = JSON.parse(event.data);
    notices.forEach((words) => toast(words));
    refresh(regions);
  });
  stream.addEventListener("error", () => {
    showOffline(true);
    if (mine.readyState === EventSource.CLOSED) setTimeout(() => mine === stream && listen(), 2000);
  });
}

function showOffline(gone) {
  lost = gone ? lost + 1 : 0;
  one("#offline").hidden = lost < 2; // one break is a reconnection, not worth a word
}

document.addEventListener("visibilitychange", () => {
  listen();
  if (!document.hidden) refresh(REGIONS);
});
addEventListener("popstate", () => visit(location.href, { push: false }));
addEventListener("pagehide", () => stream?.close());
setInterval(() => !document.hidden && one("[data-ages]") && refresh(["main", "thread"]), 30_000);

// --- Acting -------------------------------------------------------------------------------------

async function act(name, body, { quietly = false } = {}) {
  let answer;
  try {
    answer = await fetch(`/act/${name}?as=${encodeURIComponent(where().user)}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    toast("The sandbox does not answer.");
    return { ok: false };
  }
  const words = await answer.text();
  const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? JSON.parse(words) : { told: words };
  if (said.told && !quietly) toast(said.told);
  if (said.visit) await visit(said.visit);
  return { ok: answer.ok, ...said };
}

let menuMessage = null; // the message whose menu is open, or was when a dialog opened from it

function surfaceOf(element) {
  const menu = element.closest("#message-menu, dialog[id^='dialog-']");
  const surface = menu ? menuMessage : element.closest("[data-surface]");
  if (surface?.dataset.view) return { view: surface.dataset.view, values: valuesIn(surface) };
  if (surface) return { channel: surface.dataset.channel, ts: surface.dataset.ts };
  return { channel: where().channel };
}

const rowsOf = (root) => all("[data-action]", root).filter((e) => !["button", "overflow"].includes(e.dataset.kind));
const valuesIn = (root) => rowsOf(root).map((e) => [e.dataset.block, e.dataset.action, e.dataset.kind, valueOf(e)]);

function valueOf(element) {
  if (element.matches(".boxes")) {
    const ticked = all("input:checked", element).map((box) => box.value);
    return element.dataset.kind === "radio_buttons" ? ticked[0] ?? null : ticked;
  }
  if (element.matches(".external")) {
    const held = all(".token", element).map((token) => token.dataset.value);
    return element.hasAttribute("data-several") ? held : held[0] ?? null;
  }
  return element.value || null;
}

async function actOn(element, chosen) {
  if (!(await confirmed(element))) return reset(element);
  const { block, action, kind } = element.dataset;
  element.setAttribute("data-busy", "");
  const said = await act("act", { ...surfaceOf(element), block, action, kind, chosen });
  element.removeAttribute("data-busy");
  if (!said.ok) reset(element);
}

function reset(element) {
  for (const option of all("option", element)) option.selected = option.defaultSelected;
  for (const box of all("input", element)) box.checked = box.defaultChecked;
}

function confirmed(element) {
  const template = one("template.confirm", element.closest(".control") ?? element);
  if (!template) return true;
  const dialog = one("#dialog-confirm");
  const { title, yes, no, style } = template.dataset;
  one("#dialog-confirm-title").textContent = title;
  one("#dialog-confirm-text").replaceChildren(template.content.cloneNode(true));
  one("#dialog-confirm-yes").textContent = yes;
  one("#dialog-confirm-yes").className = `button ${style === "danger" ? "danger" : "primary"}`;
  one("#dialog-confirm-no").textContent = no;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

async function doIt(element, extra = {}) {
  const { do: name, ...own } = element.dataset;
  const incident = element.closest("[data-incident]")?.dataset.incident;
  element.closest("[popover]")?.hidePopover();
  const said = await act(name, { ...surfaceOf(element), ...own, ...(incident ? { incident } : {}), ...extra });
  if (said.ok && element.closest("dialog")) element.closest("dialog").close();
  if (["fault", "source", "page", "pagerduty"].includes(name)) await refresh(["panel"]);
  if (!said.ok) reset(element);
  return said;
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
  if (element && element.type !== "text") actOn(element, valueOf(element));
  else if (event.target.matches("select[data-do]")) doIt(event.target, { chosen: event.target.value });
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.submit) {
    event.preventDefault();
    submitView(form);
  } else if (form.dataset.do) {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form));
    if (form.matches(".composer") && !fields.text.trim()) return;
    const said = await doIt(form, fields);
    if (said.ok && form.isConnected) {
      form.reset();
      all("textarea[data-draft]", form).forEach(grow);
    }
    if (said.ok && form.matches(".composer")) boxes().forEach(toEnd);
  }
});

// --- Menus and small dialogs --------------------------------------------------------------------

function openMessageMenu(button) {
  const menu = one("#message-menu");
  menuMessage = button.closest(".message");
  const { mine, pinned, thread, channel } = menuMessage.dataset;
  const applies = { mine: mine === "true", pinned: pinned === "true", unpinned: pinned !== "true" };
  all("[data-when]", menu).forEach((item) => { item.hidden = !applies[item.dataset.when]; });
  const url = new URL(`/archives/${channel}`, location.href);
  url.searchParams.set("as", where().user);
  url.searchParams.set("thread", thread);
  one("#menu-thread").href = url;
  menu.dataset.anchor = button.id ||= `tool-${menuMessage.id}`;
  menu.showPopover();
}

function openDialog(name, from) {
  from.closest("[popover]")?.hidePopover();
  const dialog = one(`#dialog-${name}`);
  one("form", dialog).reset();
  if (name === "rename") one("#rename-name").value = one("#main h2 bdi").textContent;
  if (name === "topic") one("#topic-text").value = one("#main .topic")?.textContent ?? "";
  if (name === "edit") one("#edit-text").value = one(".said > .text", menuMessage).firstChild.textContent;
  dialog.showModal();
}

async function copyLink() {
  const url = new URL(one(".time[href], .who .time", menuMessage)?.href ?? location.href);
  one("#message-menu").hidePopover();
  await navigator.clipboard.writeText(url.href);
  toast("Link copied.");
}

document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.(".menu[popover]") || event.newState !== "open") return;
  const around = document.getElementById(menu.dataset.anchor).getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = around.bottom + 4 + height < innerHeight;
  menu.style.top = `${Math.max(8, below ? around.bottom + 4 : around.top - height - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(around.left, innerWidth - width - 8))}px`;
  if (menu.getAttribute("role") !== "listbox") one("button, a", menu)?.focus();
}, true);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu[popover]");
  if (menu && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    const items = all("button, a", menu).filter((item) => item.checkVisibility());
    const step = event.key === "ArrowDown" ? 1 : items.length - 1;
    items[(items.indexOf(document.activeElement) + step) % items.length]?.focus();
  } else if (event.key === "Enter" && event.target.matches(".composer textarea") && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  } else if (event.key === "Enter" && event.target.matches("input[data-acts][type=text]")) {
    event.preventDefault();
    actOn(event.target, event.target.value);
  } else if (event.target.matches("[role=combobox]")) searchKey(event);
});

// --- Modals -------------------------------------------------------------------------------------

let focusedBefore = null;

function syncModals() {
  const stack = all("dialog[data-modal]");
  for (const dialog of stack) {
    const top = dialog.dataset.top === "true";
    if (top && dialog.matches(":modal")) continue;
    if (top && !one("dialog[data-modal]:modal")) focusedBefore ??= document.activeElement;
    if (dialog.open) dialog.close();
    if (top) dialog.showModal();
  }
  if (!stack.length && focusedBefore) {
    if (focusedBefore.isConnected) focusedBefore.focus({ preventScroll: true });
    focusedBefore = null;
  }
}

async function submitView(form) {
  if (form.hasAttribute("data-busy")) return;
  const trouble = one(".modal-trouble", form);
  trouble.textContent = "";
  form.setAttribute("data-busy", "");
  const said = await act("submit", { view: form.dataset.view, values: valuesIn(form) }, { quietly: true });
  form.removeAttribute("data-busy");
  if (said.told && !Object.keys(said.errors ?? {}).length) trouble.textContent = said.told;
  await refresh(["modals", "main"]);
  const wrong = one(`#${CSS.escape(form.closest("dialog").id)} .wrong`);
  wrong && one("input, select, textarea, summary", wrong)?.focus();
}

async function closeView(view, whole) {
  await act("close", { view, all: whole ? "yes" : "no" });
  await refresh(["modals"]);
}

document.addEventListener("cancel", (event) => {
  if (!event.target.dataset.modal) return;
  event.preventDefault();
  closeView(event.target.dataset.modal, false);
}, true);

// --- Menus that search while one types ----------------------------------------------------------

let searches = 0;

async function search(input) {
  const box = input.closest(".external");
  const list = one("[role=listbox]", box);
  const turn = ++searches;
  await new Promise((resolve) => setTimeout(resolve, 150));
  if (turn !== searches) return;
  if (input.value.length < Number(box.dataset.least)) return closeList(input);
  const { block, action } = box.dataset;
  const said = await act("suggest", { ...surfaceOf(box), block, action, typed: input.value });
  if (turn !== searches) return;
  list.replaceChildren(...(said.options ?? []).map(optionLine));
  if (!list.childElementCount) list.append(Object.assign(document.createElement("li"), { className: "menu-title", textContent: "No match" }));
  all("[role=option]", list).forEach((item, index) => { item.id = `${list.id}-${index}`; });
  input.setAttribute("aria-expanded", "true");
  list.hidePopover();
  list.showPopover();
  point(input, 0);
}

function optionLine({ group, value, label, description }) {
  const line = document.createElement("li");
  line.textContent = group ?? label;
  line.className = group === undefined ? "item" : "menu-title";
  if (group !== undefined) return line;
  line.setAttribute("role", "option");
  line.dataset.value = value;
  if (description) line.append(Object.assign(document.createElement("small"), { textContent: description }));
  return line;
}

function point(input, index) {
  const items = all("[role=option]", one("[role=listbox]", input.closest(".external")));
  items.forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
  items[index]?.scrollIntoView({ block: "nearest" });
  if (items[index]) input.setAttribute("aria-activedescendant", items[index].id);
}

function closeList(input) {
  searches += 1;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
  one("[role=listbox]", input.closest(".external")).hidePopover();
}

function searchKey(event) {
  const input = event.target;
  const items = all("[role=option]", input.closest(".external"));
  const now = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  if (input.getAttribute("aria-expanded") !== "true") return;
  if (event.key === "ArrowDown") point(input, (now + 1) % items.length);
  else if (event.key === "ArrowUp") point(input, (now + items.length - 1) % items.length);
  else if (event.key === "Enter" && items[now]) pick(input, items[now]);
  else if (event.key === "Escape") closeList(input);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function pick(input, item) {
  const box = input.closest(".external");
  const label = item.firstChild.textContent;
  const token = Object.assign(document.createElement("button"), { type: "button", className: "token", textContent: `${label} ×` });
  token.dataset.value = item.dataset.value;
  token.setAttribute("aria-label", `Remove ${label}`);
  const held = one(".held", box);
  if (!box.hasAttribute("data-several")) held.replaceChildren();
  held.append(token);
  input.value = "";
  closeList(input);
  if (box.hasAttribute("data-acts")) actOn(box, valueOf(box));
}

function drop(token) {
  const box = token.closest(".external");
  token.remove();
  one("input", box).focus();
  if (box.hasAttribute("data-acts")) actOn(box, valueOf(box));
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[role=combobox]")) search(event.target);
  if (event.target.matches(".composer textarea")) grow(event.target);
});
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[role=combobox]") && event.target.closest(".external").dataset.least === "0") search(event.target);
});
document.addEventListener("focusout", (event) => event.target.matches?.("[role=combobox]") && closeList(event.target));
document.addEventListener("mousedown", (event) => {
  const item = event.target.closest(".external [role=option]");
  if (!item) return;
  event.preventDefault(); // the input keeps its focus
  pick(one("input", item.closest(".external")), item);
});

// --- Toasts -------------------------------------------------------------------------------------

function toast(words) {
  const box = one("#toasts");
  if (all("p", box).some((line) => line.textContent === words)) return;
  const line = document.createElement("p");
  line.textContent = words;
  box.append(line);
  if (box.matches(":popover-open")) box.hidePopover();
  box.showPopover(); // again, so that it stands above a modal opened since
  setTimeout(() => {
    line.remove();
    if (!box.childElementCount) box.hidePopover();
  }, 6000);
}

document.body.dataset.screen = where().screen;
boxes().forEach(toEnd);
syncModals();
listen();
arrive();

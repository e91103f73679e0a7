// Draws regions of the page again, or goes somewhere else. Says `drawn` and `arrived`.

import { REGIONS, all, one, where } from "./dom.js";
import { keepDrafts, restoreDrafts } from "./drafts.js";
import { morph } from "./morph.js";
import { atEnd, restoreScrolls, scrollsNow } from "./scroll.js";

const tell = (name) => document.dispatchEvent(new CustomEvent(name));

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
  tell("drawn");
}

const placeShown = () => `${where().user} ${where().channel} ${where().home}`;
const threadShown = () => `${placeShown()} ${where().thread}`;
const knownMessages = () => new Set(all(".message").map((message) => message.id));

/** Say new messages to a screen reader, the last three of many. */
function announce(known) {
  const fresh = all("#messages .message, #thread .message").filter((message) => !known.has(message.id));
  for (const message of fresh.slice(-3)) {
    const words = all(".text, .header", message).map((part) => part.textContent.trim()).join(" ");
    const line = document.createElement("p");
    line.textContent = `${message.dataset.author}: ${words}`.slice(0, 300);
    one("#announcer").append(line);
  }
  while (one("#announcer").childElementCount > 6) one("#announcer").firstElementChild.remove();
  if (fresh.some((message) => message.closest("#messages")) && atEnd.get("scroll") === false) one("#newer").hidden = false;
}

let waiting = new Set();
let refreshing = false;

/** Draw regions again; calls that come meanwhile are gathered. */
export async function refresh(regions) {
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

/** Go to another address of the page. */
export async function visit(address, { push = true } = {}) {
  const url = new URL(address, location.href);
  visits += 1;
  if (push) history.pushState(null, "", url);
  try {
    if (!(await draw(url, REGIONS))) location.assign(url);
  } catch {
    return tell("lost"); // the server is gone; the stream tells when it is back
  }
  tell("arrived");
}

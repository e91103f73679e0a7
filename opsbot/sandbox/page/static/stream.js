// Live: one stream a tab, closed while nobody looks at it, because a browser has few to give.

import { REGIONS, one, where } from "./dom.js";
import { refresh } from "./drawing.js";
import { toast } from "./toast.js";

let stream = null;
let lost = 0; // breaks in a row

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

document.addEventListener("arrived", listen);
document.addEventListener("lost", () => showOffline(true));
document.addEventListener("visibilitychange", () => {
  listen();
  if (!document.hidden) refresh(REGIONS);
});
addEventListener("pagehide", () => stream?.close());
setInterval(() => !document.hidden && one("[data-ages]") && refresh(["main", "thread"]), 30_000);

listen();

// Where one reads stays in sight, and the end stays in sight for whoever is there.

import { all, one } from "./dom.js";

/** By the id of a box that scrolls: whether its end is in sight. */
export const atEnd = new Map();
const isAtEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 40;
export const boxes = () => ["scroll", "thread-scroll"].map((id) => one(`#${id}`)).filter(Boolean);

/** Show the end of a box. */
export function toEnd(box) {
  box.scrollTop = box.scrollHeight;
  note(box, true);
}

function note(box, end) {
  atEnd.set(box.id, end);
  if (box.id === "scroll" && end) one("#newer").hidden = true;
}

export const scrollsNow = () => new Map(boxes().map((box) => [box.id, scrollOf(box)]));

function scrollOf(box) {
  const { scrollHeight, scrollTop } = box;
  return { end: isAtEnd(box), below: scrollHeight - scrollTop, top: scrollTop, first: firstMessage(box) };
}

const firstMessage = (box) => one(".message", box)?.id;

/** Keep in sight what was; `moved` says which boxes show something else now. */
export function restoreScrolls(scrolls, moved) {
  for (const box of boxes()) {
    const was = scrolls.get(box.id);
    if (!was || moved[box.id] || was.end) toEnd(box);
    else box.scrollTop = was.first === firstMessage(box) ? was.top : box.scrollHeight - was.below;
  }
}

document.addEventListener("scroll", (event) => {
  if (boxes().includes(event.target)) note(event.target, isAtEnd(event.target));
}, true);

/** Follow the end where it was in sight. */
export const stay = () => boxes().forEach((box) => atEnd.get(box.id) !== false && toEnd(box));
document.addEventListener("load", stay, true); // a picture has come
addEventListener("resize", stay);

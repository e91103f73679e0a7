// What is being typed belongs to its channel or thread and comes back with it.

import { all } from "./dom.js";
import { stay } from "./scroll.js";

const drafts = new Map();
const writing = () => all("textarea[data-draft]");

export function keepDrafts() {
  for (const box of writing()) {
    drafts.set(box.dataset.draft, box.value);
    box.draft = box.dataset.draft;
  }
}

export function restoreDrafts() {
  for (const box of writing()) {
    if (box.draft === box.dataset.draft) continue;
    box.value = drafts.get(box.dataset.draft) ?? "";
    grow(box);
  }
}

/** Make a message box as high as what stands in it. */
export function grow(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, 240)}px`;
  stay();
}

// A sentence that goes away by itself.

import { all, one } from "./dom.js";

/** Show a sentence above everything; one that is still there is not repeated. */
export function toast(words) {
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

// The app's modals as real dialogs, one above the other.

import { act, valuesIn } from "./acting.js";
import { all, isWide, one } from "./dom.js";
import { refresh } from "./drawing.js";

let focusedBefore = null;

/** Show the topmost modal as the browser's own, the others not at all. */
export function syncModals() {
  const stack = all("dialog[data-modal]");
  for (const dialog of stack) {
    const top = dialog.dataset.top === "true";
    if (top && dialog.matches(":modal")) continue;
    if (top && !one("dialog[data-modal]:modal")) focusedBefore ??= document.activeElement;
    if (dialog.open) dialog.close();
    if (top) show(dialog);
  }
  if (!stack.length && focusedBefore) {
    if (focusedBefore.isConnected) focusedBefore.focus({ preventScroll: true });
    focusedBefore = null;
  }
}

function show(dialog) {
  dialog.showModal();
  if (isWide()) one(".modal-body :is(input, select, textarea)", dialog)?.focus();
}

export async function submitView(form) {
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

export async function closeView(view, whole) {
  await act("close", { view, all: whole ? "yes" : "no" });
  await refresh(["modals"]);
}

document.addEventListener("cancel", (event) => {
  if (!event.target.dataset.modal) return;
  event.preventDefault();
  closeView(event.target.dataset.modal, false);
}, true);

// A second Escape closes a dialog without asking first.
document.addEventListener("close", ({ target }) => {
  if (target.dataset.top === "true" && target.isConnected && !target.open) closeView(target.dataset.modal, false);
}, true);

document.addEventListener("drawn", syncModals);

// Tells the server what a person does.

import { all, one, where } from "./dom.js";
import { refresh, visit } from "./drawing.js";
import { toast } from "./toast.js";

/** Send one act. Gives `ok`, and what the server says: `told`, `errors`, `options`. */
export async function act(name, body, { quietly = false } = {}) {
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
  return { ok: answer.ok && !said.refused, ...said };
}

/** `message` is the one whose menu is open, or was when a small form opened from it. */
export const menu = { message: null };

/** What an element acts on: a view with what stands in it, a message, or the channel. */
export function surfaceOf(element) {
  const inMenu = element.closest("#message-menu, dialog[id^='dialog-']");
  const surface = inMenu ? menu.message : element.closest("[data-surface]");
  if (surface?.dataset.view) return { view: surface.dataset.view, values: valuesIn(surface) };
  if (surface) return { channel: surface.dataset.channel, ts: surface.dataset.ts };
  return { channel: where().channel };
}

const rowsOf = (root) => all("[data-action]", root).filter((e) => !["button", "overflow"].includes(e.dataset.kind));

/** What stands in a form: rows of block id, action id, kind and value. */
export const valuesIn = (root) => rowsOf(root).map((e) => [e.dataset.block, e.dataset.action, e.dataset.kind, valueOf(e)]);

export function valueOf(element) {
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

/** Act on an element of a block, after asking where the app wants that. */
export async function actOn(element, chosen) {
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

/** Do what `data-do` names, with everything the element says. */
export async function doIt(element, extra = {}) {
  const { do: name, ...own } = element.dataset;
  const incident = element.closest("[data-incident]")?.dataset.incident;
  element.closest("[popover]")?.hidePopover();
  const said = await act(name, { ...surfaceOf(element), ...own, ...(incident ? { incident } : {}), ...extra });
  if (said.ok && element.closest("dialog")) element.closest("dialog").close();
  if (["fault", "source", "page", "pagerduty"].includes(name)) await refresh(["panel"]);
  if (!said.ok) reset(element);
  return said;
}

// Menus whose options the app finds while one types.

import { act, actOn, surfaceOf, valueOf } from "./acting.js";
import { all, one } from "./dom.js";

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

/** Take a choice back. */
export function drop(token) {
  const box = token.closest(".external");
  token.remove();
  one("input", box).focus();
  if (box.hasAttribute("data-acts")) actOn(box, valueOf(box));
}

document.addEventListener("input", (event) => {
  if (event.target.matches("[role=combobox]")) search(event.target);
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
document.addEventListener("keydown", (event) => event.target.matches("[role=combobox]") && searchKey(event));

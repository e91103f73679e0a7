// Changes what differs and leaves focus, scrolling and typed text alone.

import { all } from "./dom.js";

export function morph(from, to) {
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

// Menus, and the small forms of the client itself.

import { menu as context } from "./acting.js";
import { all, one, where } from "./dom.js";
import { toast } from "./toast.js";

/** Open the menu of a message with what applies to it. */
export function openMessageMenu(button) {
  const menu = one("#message-menu");
  context.message = button.closest(".message");
  const { mine, pinned, thread, channel } = context.message.dataset;
  const applies = { mine: mine === "true", pinned: pinned === "true", unpinned: pinned !== "true" };
  all("[data-when]", menu).forEach((item) => { item.hidden = !applies[item.dataset.when]; });
  const url = new URL(`/archives/${channel}`, location.href);
  url.search = new URLSearchParams({ as: where().user, thread });
  one("#menu-thread").href = url;
  menu.dataset.anchor = button.id;
  menu.showPopover();
  place(menu);
}

/** Put an open menu beside what opened it, inside the window. */
function place(menu) {
  const around = document.getElementById(menu.dataset.anchor).getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = around.bottom + 4 + height < innerHeight;
  menu.style.top = `${Math.max(8, below ? around.bottom + 4 : around.top - height - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(around.left, innerWidth - width - 8))}px`;
  const searched = menu.getAttribute("role") === "listbox"; // its input keeps the focus
  if (!searched && !menu.contains(document.activeElement)) one("button, a", menu)?.focus();
}

/** Open one of the client's own forms, filled with what stands now. */
export function openDialog(name, from) {
  from.closest("[popover]")?.hidePopover();
  const dialog = one(`#dialog-${name}`);
  one("form", dialog).reset();
  if (name === "rename") one("#rename-name").value = one("#main h2 bdi").textContent;
  if (name === "topic") one("#topic-text").value = one("#main .topic")?.textContent ?? "";
  if (name === "edit") one("#edit-text").value = one(".said > .text", context.message).firstChild.textContent;
  dialog.showModal();
}

export async function copyLink() {
  const url = new URL(one("a.time", context.message)?.href ?? location.href);
  one("#message-menu").hidePopover();
  try {
    await navigator.clipboard.writeText(url.href);
    toast("Link copied.");
  } catch {
    toast(url.href); // the browser does not let the page write to the clipboard
  }
}

document.addEventListener("toggle", ({ target, newState }) => {
  if (newState === "open" && target.matches?.(".menu[popover]")) place(target);
}, true);

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu[popover]");
  if (menu && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    const items = all("button, a", menu).filter((item) => item.checkVisibility());
    const step = event.key === "ArrowDown" ? 1 : items.length - 1;
    items[(items.indexOf(document.activeElement) + step) % items.length]?.focus();
  }
});

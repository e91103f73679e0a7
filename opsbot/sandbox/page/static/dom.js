// Finding things on the page.

export const REGIONS = ["where", "sidebar", "main", "thread", "panel", "modals"];

export const one = (selector, root = document) => root.querySelector(selector);
export const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/** What the page shows now: person, channel, thread, screen, as the server said. */
export const where = () => one("#where").dataset;

export const isWide = () => matchMedia("(min-width: 768px)").matches;

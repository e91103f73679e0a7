// What makes the page hard to read: text too pale, things beyond the edge, targets too small to hit.
() => {
  const told = (e) => `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : ""}${[...e.classList].map((c) => `.${c}`).join("")} “${e.textContent.trim().slice(0, 30)}”`;
  const seen = [...document.querySelectorAll("body *")].filter((e) => {
    const { width, height } = e.getBoundingClientRect();
    return width && height && e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest(".unseen, .skip");
  });
  const modal = document.querySelector("dialog:modal");
  const live = modal ? seen.filter((e) => modal.contains(e)) : seen; // the rest stands behind a shade

  // Text: at least 4.5 to 1 against what is behind it, 3 to 1 when large (WCAG 2.2, 1.4.3).
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], below) => [r, g, b].map((part, at) => part * a + below[at] * (1 - a));
  const behind = (e) => {
    const layers = [];
    for (let box = e; box; box = box.parentElement) {
      const layer = rgba(getComputedStyle(box).backgroundColor);
      layers.push(layer);
      if (layer[3] === 1) break;
    }
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    return layers.reduceRight((below, layer) => over(layer, below), dark ? [0, 0, 0] : [255, 255, 255]);
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (e, colour) => {
    const ground = behind(e);
    const [one, other] = [light(over(rgba(colour), ground)), light(ground)].sort((a, b) => b - a);
    return (one + 0.05) / (other + 0.05);
  };
  const pale = [];
  for (const e of live) {
    const style = getComputedStyle(e);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const note = (colour, what) => {
      const found = contrast(e, colour);
      if (found < needed) pale.push(`${found.toFixed(2)} ${what}${told(e)}`);
    };
    if ([...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim())) note(style.color, "");
    if (e.placeholder && !e.value) note(getComputedStyle(e, "::placeholder").color, "placeholder of ");
  }

  // Nothing beyond the window's edge that no box lets one scroll to.
  const scrolls = (e) => {
    for (let box = e.parentElement; box && box !== document.body; box = box.parentElement) {
      if (getComputedStyle(box).overflowX !== "visible") return true;
      if (getComputedStyle(box).position === "fixed") return false;
    }
    return false;
  };
  const wide = (e) => {
    const { left, right } = e.getBoundingClientRect();
    return (right > document.documentElement.clientWidth + 1 || left < -1) && !scrolls(e);
  };
  // A box that scrolls up and down must not scroll sideways too: pages of text do not.
  const sideways = (e) => e.matches(".scroll, .modal-body, .places, .menu") && e.scrollWidth > e.clientWidth + 1;

  // Targets: 24 by 24 pixels at least, links within a sentence apart (WCAG 2.2, 2.5.8).
  const small = (e) => {
    if (!e.matches("button, select, textarea, summary, input, a[href]:not(.text a, .link, .chip, .time)")) return false;
    const { width, height } = (e.closest("label") ?? e).getBoundingClientRect();
    return Math.min(width, height) < 24;
  };

  return { pale: [...new Set(pale)], beyond: live.filter((e) => wide(e) || sideways(e)).map(told), small: live.filter(small).map(told) };
}

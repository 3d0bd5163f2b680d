// Keeps the place of who uses the keyboard: when a button that had the focus is drawn anew or has gone, as that of a
// layer that was moved or deleted, the focus goes to the same button or to its neighbour of the same name.
const PAUSE = 150; // milliseconds, as a page changes in many steps
let last = null;
let waits = false;

function buttons() {
  const all = document.querySelectorAll("[data-testid=stMainBlockContainer] button:not(:disabled)");
  return [...all].filter((button) => button.checkVisibility({ visibilityProperty: true }));
}

// "Delete" of "Delete  layer 3, Conv2D"; what a picture says counts where there is no text.
function title(button) {
  const text = button.innerText.trim() || button.querySelector("img")?.alt.trim() || "";
  return text.split("  ")[0];
}

function key(button) {
  return button.closest("[class*='st-key-']")?.className.match(/st-key-\S+/)[0];
}

function remember({ target }) {
  const button = target.closest?.("[data-testid=stMainBlockContainer] button");
  const alike = button ? buttons().filter((other) => title(other) === title(button)) : [];
  last = button && { button, key: key(button), title: title(button), place: alike.indexOf(button) };
}

function restore() {
  waits = false;
  if (!last || last.button.isConnected || document.activeElement !== document.body) return;
  const alike = buttons().filter((other) => title(other) === last.title);
  const next = alike.find((other) => key(other) === last.key) ?? alike[Math.min(last.place, alike.length - 1)];
  next?.focus({ preventScroll: true });
}

export default function () {
  if (window.imgrecKeepsFocus) return;
  window.imgrecKeepsFocus = true;
  document.addEventListener("focusin", remember);
  const soon = () => { if (!waits) { waits = true; setTimeout(restore, PAUSE); } };
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
}

// Keeps the place of who uses the keyboard: when a button that had the focus is drawn anew or has gone, as that of a
// layer that was moved or deleted, the focus goes to the same button or to its neighbour of the same name.
const PAUSE = 150; // milliseconds, as a page changes in many steps
let last = null;
let timer = null;

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

function changes() {
  return document.querySelector("[data-test-script-state]")?.dataset.testScriptState === "running";
}

// Also a button that is still there may have lost the focus: it does when it is put into another place of the page.
function restore() {
  timer = null;
  if (!last || document.activeElement !== document.body) return;
  const alike = buttons().filter((other) => title(other) === last.title);
  const same = alike.find((other) => other === last.button || (last.key && key(other) === last.key));
  if (!same && changes()) {
    soon(); // it may come yet
  } else {
    (same ?? alike[Math.min(last.place, alike.length - 1)])?.focus({ preventScroll: true });
  }
}

function soon() {
  timer ??= setTimeout(restore, PAUSE);
}

export default function () {
  if (window.imgrecKeepsFocus) return;
  window.imgrecKeepsFocus = true;
  document.addEventListener("focusin", remember);
  document.addEventListener("pointerdown", () => { last = null; }); // a click beside a button lets go of it
  remember({ target: document.activeElement });
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
}

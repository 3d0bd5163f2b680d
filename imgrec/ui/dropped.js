// Folders that are dropped into an uploader of folders are read here: their files then have the names that they have
// where a folder is chosen by the button, as "cat/1.jpg". Streamlit keeps the last part alone, which says no class.
async function inside(entry) {
  if (entry.isFile) {
    const file = await new Promise((found, failed) => entry.file(found, failed));
    Object.defineProperty(file, "webkitRelativePath", { value: entry.fullPath.replace(/^\//, "") });
    return [file];
  }
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    const some = await new Promise((found, failed) => reader.readEntries(found, failed)); // a hundred at most
    if (!some.length) return files.flat();
    files.push(...(await Promise.all(some.map(inside))));
  }
}

async function drop(event) {
  const zone = event.target.closest?.("[data-testid=stFileUploaderDropzone]");
  if (!event.isTrusted || !zone?.querySelector("input[webkitdirectory]")) return;
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return;
  event.preventDefault();
  event.stopPropagation();
  const files = (await Promise.all(entries.map(inside))).flat();
  const again = new Event("drop", { bubbles: true, cancelable: true });
  const items = files.map((file) => ({ kind: "file", type: file.type, getAsFile: () => file }));
  again.dataTransfer = { files, items, types: ["Files"] };
  zone.dispatchEvent(again);
}

export default function () {
  if (window.imgrecNamesDropped) return;
  window.imgrecNamesDropped = true;
  document.addEventListener("drop", drop, { capture: true });
}

// Lets a picture that is pasted anywhere on the page into its uploader, as if it had been chosen there.
function paste(event) {
  const files = event.clipboardData?.files ?? [];
  const input = document.querySelector("[data-testid=stFileUploaderDropzoneInput]");
  if (!files.length || !input) return;
  event.preventDefault();
  const chosen = new DataTransfer();
  for (const file of files) chosen.items.add(file);
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

export default function () {
  if (window.imgrecPastes) return;
  window.imgrecPastes = true;
  document.addEventListener("paste", paste);
}

// Files may be dropped anywhere on their form, and a form says that it is being sent. All works without this, too.
for (const form of document.querySelectorAll("form[data-drop]")) {
  const input = form.querySelector("input[type=file]");
  const zone = form.querySelector(".drop");
  for (const name of ["dragover", "dragleave", "drop"])
    form.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", name === "dragover");
    });
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", () => {
    const file = input.files[0], most = Number(form.dataset.most), status = form.querySelector("[role=status]");
    const large = file && file.size > most;
    status.textContent = large ? "This file is too large: send the workbook alone." : "";
    form.querySelector("button").disabled = large;
  });
  form.addEventListener("submit", () => {
    form.querySelector("[role=status]").textContent = "Sending …";
  });
}

// What the pages of Data Docs do: fold parts open, and show only what failed.
document.addEventListener("click", (event) => {
  const link = event.target.closest('[data-toggle="collapse"]');
  if (!link) return;
  event.preventDefault();
  const part = document.getElementById((link.getAttribute("href") || link.dataset.target || "#").slice(1));
  if (part) link.setAttribute("aria-expanded", String(part.classList.toggle("show")));
});
const onlyFailed = document.getElementById("failed-only");
if (onlyFailed) {
  const passed = [
    ...[...document.querySelectorAll(".hide-succeeded-validation-target-child")].map((part) => part.closest("tr")),
    ...document.querySelectorAll(".hide-succeeded-validation-target"),
    ...[...document.querySelectorAll(".hide-succeeded-validations-column-section-target-child")].map((part) => part.closest(".ge-section")),
  ].filter(Boolean);
  onlyFailed.addEventListener("change", () => passed.forEach((part) => { part.hidden = onlyFailed.checked; }));
}

// Inside Airflow's frame, a link to a DAG opens in Airflow's own page and not within the frame, whose sandbox forbids target=_top.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-above]");
  if (!link || window.parent === window || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const above = window.parent.document.createElement("a");
  above.href = link.href;
  window.parent.document.body.append(above);
  above.click();
  above.remove();
});

// Filter by drug name, and the print button. The page is complete without it.
const form = document.querySelector("[data-filter]");
if (form) {
  const input = form.querySelector("input");
  const found = form.querySelector("[data-found]");
  const tiles = [...document.querySelectorAll(".tile")];
  const groups = [...document.querySelectorAll(".group")];
  const rest = document.querySelector(".rest");
  const wasOpen = rest?.open;
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    const names = new Set();
    for (const tile of tiles) {
      tile.hidden = !tile.dataset.drug.toLowerCase().includes(wanted);
      if (!tile.hidden) names.add(tile.dataset.drug);
    }
    for (const group of groups) group.hidden = !group.querySelector(".tile:not([hidden])");
    if (rest) rest.open = wanted ? true : wasOpen;
    if (!wanted) found.textContent = "";
    else if (names.size === 1) found.textContent = form.dataset.one;
    else if (names.size) found.textContent = form.dataset.many.replace("#", names.size);
    else found.textContent = form.dataset.none;
  });
}
const print = document.querySelector("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

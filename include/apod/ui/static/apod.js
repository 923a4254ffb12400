// The page works without this; with it, it takes Airflow's theme, and the slow answers come by themselves.
"use strict";

function theme() {
  let dark = matchMedia("(prefers-color-scheme: dark)").matches;
  try {
    const airflow = parent === window ? null : parent.document.documentElement;
    if (airflow) dark = airflow.classList.contains("dark") || airflow.dataset.theme === "dark";
  } catch { /* another origin: the system's choice stands */ }
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}
theme();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme);
try {
  if (parent !== window) {
    new MutationObserver(theme).observe(parent.document.documentElement,
      { attributes: true, attributeFilter: ["class", "data-theme"] });
  }
} catch { /* as above */ }

for (const place of document.querySelectorAll("[data-load]")) {
  fetch(place.dataset.load).then((response) => response.text()).then((text) => {
    const table = new DOMParser().parseFromString(text, "text/html").querySelector("table");
    if (table) place.replaceChildren(table);
  }).catch(() => {});
}

const states = document.querySelector("[data-states]");
if (states) {
  const labels = { yes: "yes", raw: "raw words only; verify makes the CSV again", no: "no" };
  const message = document.getElementById("states");
  fetch(states.dataset.states).then(async (response) => {
    if (!response.ok) throw new Error(response.status);
    const stateOf = await response.json();
    for (const cell of states.querySelectorAll("[data-commit]")) {
      cell.textContent = labels[stateOf[cell.dataset.commit]] ?? "not on the branch";
    }
    message.textContent = "";
  }).catch(() => { message.textContent = "Repository or remote do not answer, so nobody can say what is pullable."; });
}

const calendar = document.querySelector(".calendar svg");
if (calendar) {
  const { first, left, top, step, row } = Object.fromEntries(
    Object.entries(calendar.dataset).map(([name, value]) => [name, Number(value)]));
  const dayAt = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(calendar.getScreenCTM().inverse());
    const column = Math.floor((at.x - left) / step);
    const year = first + Math.floor((at.y - top) / row);
    if (column < 0 || column > 365) return null;
    const leap = new Date(Date.UTC(2000, 0, 1 + column)); // a leap year, so that each day has its column
    const day = `${year}-${leap.toISOString().slice(5, 10)}`;
    return Number.isNaN(Date.parse(day)) ? null : day;
  };
  calendar.addEventListener("mousemove", (event) => {
    document.getElementById("hovered").textContent = dayAt(event) ?? "";
  });
  calendar.addEventListener("click", (event) => {
    const day = dayAt(event);
    if (day) location.href = `day/${day}`;
  });
}

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
  const frame = calendar.parentElement;
  const preview = document.getElementById("preview");
  const [image, words] = [preview.querySelector("img"), preview.querySelector("p")];
  const limits = document.getElementById("date");
  const years = {}; // of each year that was looked at, the promise of its pictures
  const square = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  square.setAttribute("class", "chosen");
  let chosen = null;

  const iso = (time) => new Date(time).toISOString().slice(0, 10);
  const dayAt = (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(calendar.getScreenCTM().inverse());
    const column = Math.floor((at.x - left) / step);
    const year = first + Math.floor((at.y - top) / row);
    if (column < 0 || column > 365) return null;
    const day = `${year}${iso(Date.UTC(2000, 0, 1 + column)).slice(4)}`; // a leap year: each day has its column
    return Number.isNaN(Date.parse(day)) || iso(Date.parse(day)) !== day ? null : day;
  };
  const show = async (day) => {
    if (!day || day === chosen || day < limits.min || day > limits.max) return;
    chosen = day;
    const [year, column] = [Number(day.slice(0, 4)), (Date.parse(`2000${day.slice(4)}`) - Date.UTC(2000, 0, 1)) / 864e5];
    Object.entries({ x: left + column * step - 0.5, y: top + (year - first) * row - 0.5, width: step, height: row - 1 })
      .forEach(([name, value]) => square.setAttribute(name, value));
    calendar.append(square);
    years[year] ??= fetch(`year/${year}/pictures`).then((response) => (response.ok ? response.json() : {}))
      .catch(() => ({}));
    const [title, address] = (await years[year])[day] ?? ["no picture", ""];
    if (day !== chosen) return; // the pointer has moved on meanwhile
    preview.hidden = false;
    words.textContent = `${day}: ${title}`;
    image.hidden = !address;
    if (address) image.src = address;
  };
  const moved = (day, key) => {
    const at = new Date(Date.parse(day));
    const days = { ArrowLeft: -1, ArrowRight: 1 }[key];
    const by = { ArrowUp: -1, ArrowDown: 1, PageUp: -1, PageDown: 1 }[key];
    if (days) at.setUTCDate(at.getUTCDate() + days);
    else if (by) at.setUTCFullYear(at.getUTCFullYear() + by);
    else return null;
    return iso(at);
  };

  calendar.addEventListener("mousemove", (event) => show(dayAt(event)));
  calendar.addEventListener("click", (event) => {
    const day = dayAt(event);
    if (day) location.href = `day/${day}`;
  });
  frame.addEventListener("focus", () => show(chosen ?? limits.max));
  frame.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && chosen) location.href = `day/${chosen}`;
    const day = moved(chosen ?? limits.max, event.key);
    if (!day) return;
    event.preventDefault();
    show(day);
  });
}

for (const canvas of document.querySelectorAll("[data-chart]")) {
  const { labels, values } = JSON.parse(canvas.dataset.points);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const axis = () => ({ ticks: { color: colour("--faint"), precision: 0 }, grid: { color: colour("--line") } });
  const chart = new Chart(canvas, {
    type: canvas.dataset.chart,
    data: { labels, datasets: [{ label: canvas.dataset.unit, data: values }] },
    options: { animation: false, maintainAspectRatio: false, plugins: { legend: { display: false } } },
  });
  const paint = () => {
    Object.assign(chart.data.datasets[0], { borderColor: colour("--link"), backgroundColor: colour("--held") });
    chart.options.scales = { x: axis(), y: { ...axis(), beginAtZero: true } };
    chart.update();
  };
  paint();
  new MutationObserver(paint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
}

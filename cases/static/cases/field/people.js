// The list by stops, stretchers first, and the field that finds a household.
import { day, onChange } from "./day.js";
import { find } from "./find.js";
import { open } from "./household.js";
import * as camera from "./scan.js";
import { again, under } from "./screens.js";
import { clone, homeState, mode, setMode, size } from "./stand.js";
import { put, say } from "./say.js";
import { AWAITED, ENDED } from "./words.js";

const list = document.querySelector("#list");
const field = document.querySelector("#found-code");
const error = document.querySelector("#found-error");
const FIRST = { stretcher: 0, wheelchair: 1, seat: 2 };
const SHOWS = {
  come: (one) => AWAITED.includes(one.status),
  aboard: (one) => one.status === "boarded",
  ended: (one) => ENDED.includes(one.status),
  all: () => true,
};
let filter = "";

const first = (home) => Math.min(...home.people.map((one) => FIRST[one.kind] ?? 2));

// Whoever came on the list after it was frozen has no number yet.
const turn = (home) => home.turn || Number.MAX_SAFE_INTEGER;

function row(home) {
  const made = clone("row");
  const state = homeState(home);
  const kinds = ["stretcher", "wheelchair"].filter((kind) => home.people.some((one) => one.kind === kind && AWAITED.includes(one.status)));
  put(made, { ref: home.ref, state: state.text, first: kinds.map((kind) => say(`first_${kind}`)).join(" "), size: size(home) });
  made.querySelector(".chip").classList.add(state.kind);
  made.addEventListener("click", () => open(home.ref));
  return made;
}

function show() {
  const now = filter || (mode() === "arrival" ? "aboard" : "come");
  press("mode", mode());
  press("filter", now);
  const shown = day.view.households.filter((home) => home.people.some(SHOWS[now]));
  const parts = day.bundle.stops.map((stop) => part(stop, shown)).filter(Boolean);
  list.replaceChildren(...(parts.length ? parts : [put(clone("empty"), { text: say("list_empty") })]));
}

function part(stop, shown) {
  const homes = shown.filter((home) => home.stop === stop.seq).sort((a, b) => first(a) - first(b) || turn(a) - turn(b) || a.ref.localeCompare(b.ref));
  if (!homes.length) return null;
  const made = clone("stop");
  const where = [stop.landmark, stop.shelter ? say("shelter") : ""].filter(Boolean).join(" · ");
  const moved = stop.moved ? say("moved", { place: [stop.moved.name, stop.moved.landmark].filter(Boolean).join(", ") }) : "";
  put(made, { name: stop.name, where, moved });
  made.querySelector("[data-rows]").append(...homes.map(row));
  return made;
}

function press(kind, chosen) {
  for (const button of document.querySelectorAll(`[data-${kind}]`)) button.setAttribute("aria-pressed", String(button.dataset[kind] === chosen));
}

function look(typed) {
  const { home, problem } = find(typed, day.bundle, day.view.households);
  error.textContent = problem ? say(problem) : "";
  error.hidden = !problem;
  if (!home) return field.select();
  field.value = "";
  return open(home.ref, true);
}

document.querySelector("#find").addEventListener("submit", (event) => {
  event.preventDefault();
  look(field.value);
});
for (const button of document.querySelectorAll("[data-filter]")) {
  button.addEventListener("click", () => {
    filter = button.dataset.filter;
    show();
  });
}
for (const button of document.querySelectorAll("[data-mode]")) {
  button.addEventListener("click", () => {
    setMode(button.dataset.mode);
    filter = "";
    show();
  });
}
const scan = document.querySelector("#scan");
scan.addEventListener("click", () => camera.scan(look));
camera.possible().then((can) => {
  scan.hidden = !can;
});
under("people", () => day.view && show());
onChange(() => day.view && again("people"));

// Who turned up unannounced: taken along only where a place is free on every leg of the way.
import { day, onChange, record } from "./day.js";
import { way } from "./head.js";
import { again, go, under } from "./screens.js";
import { clone } from "./stand.js";
import { clock, put, say } from "./say.js";
import { tell } from "./toast.js";
import { free } from "./words.js";

const form = document.querySelector("#walk-up");
const part = document.querySelector("[data-screen=walk-up]");
const people = document.querySelector("#newcomers");
const stop = document.querySelector("#walk-up-stop");
const asked = document.querySelector("#walk-up-asked");
const error = document.querySelector("#walk-up-error");
const MOST = 12;
const ADULTS = ["18-59", "60-69", "70+", "adult"];
const FIT = { wheelchair: "wheelchair", bedridden: "stretcher" };

function refuse(text) {
  error.textContent = text;
  error.hidden = !text;
}

function number() {
  for (const [at, one] of [...people.children].entries()) {
    put(one, { no: say("person", { n: at + 1 }) });
    one.querySelector("[data-less]").hidden = people.children.length === 1;
  }
}

function more() {
  if (people.children.length >= MOST) return refuse(say("too_many"));
  const made = clone("newcomer");
  const said = (name) => made.querySelector(`[data-said=${name}]`);
  said("mobility").addEventListener("change", ({ target }) => {
    said("kind").value = FIT[target.value] ?? "seat";
  });
  said("band").addEventListener("change", ({ target }) => {
    made.querySelector("[data-adult]").hidden = !ADULTS.includes(target.value);
  });
  made.querySelector("[data-less]").addEventListener("click", () => {
    made.remove();
    number();
  });
  people.append(made);
  number();
  return refuse("");
}

const left = () => free(day.bundle, day.view, Number(stop.value || 0));
const listed = (places, names) => names.map((name) => say(`free_${name}`, { n: places[name] })).join(" · ");

export function stops(select, last = false) {
  const all = day.bundle.stops.slice(0, last ? undefined : -1);
  if (select.options.length === all.length) return;
  select.replaceChildren(...all.map(({ seq, name }) => new Option(name, seq)));
  select.value = (all.find(({ seq }) => !(seq in day.view.left)) ?? all.at(-1)).seq;
}

function show() {
  stops(stop);
  if (!people.children.length) more();
  put(part, {
    free: say("free", { at: clock(day.bundle.free_at ?? day.bundle.now), all: listed(left(), ["seats", "wheelchairs", "stretchers", "animals", "luggage"]) }),
    asked: say("asked", { direction: way() }),
  });
}

function read() {
  const count = (name) => Math.max(0, Math.trunc(Number(document.querySelector(`#walk-up-${name}`).value)) || 0);
  const one = (set) => Object.fromEntries([...set.querySelectorAll("[data-said]")].map((field) => [field.dataset.said, field.value.trim()]));
  return { stop: Number(stop.value), people: [...people.children].map(one), animals: count("animals"), luggage: count("luggage") };
}

// Why they cannot be taken, or an empty text.
function against(data) {
  const places = left();
  const wanted = { animals: data.animals, luggage: data.luggage };
  for (const { kind } of data.people) wanted[`${kind}s`] = (wanted[`${kind}s`] ?? 0) + 1;
  const short = Object.keys(wanted).filter((name) => wanted[name] > places[name]);
  if (short.length) return say("full", { all: listed(places, short) });
  if (!data.people.some(({ band }) => ADULTS.includes(band))) return say("children_alone");
  return asked.checked ? "" : say("ask_first");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const data = read();
  const why = against(data);
  refuse(why);
  if (why) return;
  const entry = await record("walk_up", { data });
  if (!entry) return;
  people.replaceChildren();
  form.reset();
  go("people");
  tell(say("welcome", { n: data.people.length }), [entry]);
});
document.querySelector("#one-more").addEventListener("click", more);
stop.addEventListener("change", show);
under("walk-up", () => day.view && show());
onChange(() => day.view && again("walk-up"));

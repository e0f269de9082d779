// Heads are counted before the wheels turn; a count that differs from the list is said with both numbers.
import { day, onChange, record } from "./day.js";
import { again, go, under } from "./screens.js";
import { put, say } from "./say.js";
import { tell } from "./toast.js";
import { stops } from "./walk_up.js";
import { aboard, AWAITED } from "./words.js";

const part = document.querySelector("[data-screen=leave]");
const stop = document.querySelector("#leave-stop");
const heads = document.querySelector("#heads");
const error = document.querySelector("#leave-error");
const anyway = document.querySelector("#go-anyway");

function refuse(text, differs = false) {
  error.textContent = text;
  error.hidden = !text;
  anyway.hidden = !differs;
}

const at = () => Number(stop.value);
const nameOf = (seq) => day.bundle.stops.find((one) => one.seq === seq)?.name ?? "";

function show() {
  stops(stop);
  const silent = day.view.households.filter((home) => home.stop <= at()).flatMap((home) => home.people).filter((one) => AWAITED.includes(one.status));
  const gone = Object.entries(day.view.left).map(([seq, n]) => say("left", { stop: nameOf(Number(seq)), n }));
  put(part, { silent: silent.length ? say("silent", { n: silent.length }) : "", gone: gone.join(" · ") });
}

async function leave(count) {
  const entry = await record("stop_left", { data: { stop: at(), count } });
  if (!entry) return;
  const said = say("left", { stop: nameOf(at()), n: count });
  refuse("");
  heads.value = "";
  stop.replaceChildren();
  go("road");
  tell(said, [entry]);
}

document.querySelector("#leave").addEventListener("submit", (event) => {
  event.preventDefault();
  const count = heads.value.trim() === "" ? NaN : Number(heads.value);
  if (!Number.isInteger(count) || count < 0) return refuse(say("no_number"));
  const all = aboard(day.view, at());
  if (count === all) return leave(count);
  return refuse(say(count < all ? "fewer" : "more", { n: count, all, by: Math.abs(count - all) }), true);
});
anyway.addEventListener("click", () => leave(Number(heads.value)));
heads.addEventListener("input", () => refuse(""));
stop.addEventListener("change", () => {
  refuse("");
  show();
});
under("leave", () => day.view && show());
onChange(() => day.view && again("leave"));

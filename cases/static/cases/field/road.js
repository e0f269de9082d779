// On the road: what the convoy does, and after an incident a roll-call of everybody aboard, network or not.
import { day, onChange, record, takeBack } from "./day.js";
import { again, under } from "./screens.js";
import { clone, facts, nameOf } from "./stand.js";
import { label, put, say, twice } from "./say.js";
import { tell } from "./toast.js";
import { everybody } from "./words.js";

const part = document.querySelector("[data-screen=road]");
const roll = document.querySelector("#roll");
const list = document.querySelector("#roll-list");

const note = document.querySelector("#road-note");
const TOLD = ["halted", "turned_back", "dispersed"];

// What happened goes with the word that says so, and is on the page no more.
async function said(act) {
  const told = TOLD.includes(act) ? note.value.trim() : "";
  const entry = await record(act, { data: told ? { note: told } : {} });
  if (entry && told) note.value = "";
  if (entry) tell(label("act", act), [entry]);
}

for (const button of part.querySelectorAll("[data-road]")) {
  const press = () => said(button.dataset.road);
  if (button.dataset.sure) twice(button, press);
  else button.addEventListener("click", press);
}

function show() {
  put(part, { stands: say("stands", { status: label("convoy", day.view.status) }) });
  const { incident } = day.view;
  roll.hidden = !incident;
  if (!incident) return list.replaceChildren();
  const aboard = everybody(day.view).filter((one) => one.status === "boarded");
  const present = aboard.filter((one) => one.present === incident.uid).length;
  const strangers = day.view.walkUps.reduce((sum, one) => sum + one.people.length, 0);
  put(part, {
    present: say("present_of", { n: present, all: aboard.length }),
    strangers: strangers ? say("strangers", { n: strangers }) : "",
  });
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.seat : null;
  list.replaceChildren(...aboard.map((one) => tick(one, incident)));
  return focused && list.querySelector(`[data-seat="${focused}"]`)?.focus();
}

function tick(one, incident) {
  const made = clone("tick");
  const here = one.present === incident.uid;
  const home = day.view.households.find((other) => other.people.includes(one));
  put(made, { name: one.name || `${home.ref} · ${nameOf(one)}`, state: say(here ? "present" : "not_yet"), facts: facts(one) });
  made.dataset.seat = one.seat;
  made.setAttribute("aria-pressed", String(here));
  made.querySelector(".chip").classList.add(here ? "ok" : "p2");
  made.addEventListener("click", async () => {
    const before = day.words.findLast(({ entry }) => entry.act === "present" && entry.seat === one.seat && entry.data.incident === incident.uid);
    if (!here) await record("present", { seat: one.seat, data: { incident: incident.uid } });
    else if (before) await takeBack(before.entry);
  });
  return made;
}

under("road", () => day.view && show());
onChange(() => day.view && again("road"));

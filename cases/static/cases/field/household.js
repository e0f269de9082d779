// One household: each of its people a card, and what may be said of each where they stand now.
import { day, onChange, record, takeBack } from "./day.js";
import { ask, minor } from "./asking.js";
import { again, go, under } from "./screens.js";
import { clone, facts, homeState, mode, nameOf, personState, size } from "./stand.js";
import { label, put, say, twice } from "./say.js";
import { fresh, tell } from "./toast.js";
import { AWAITED } from "./words.js";

const place = document.querySelector("[data-screen=household]");
const members = document.querySelector("#members");
const together = document.querySelector("#together");
let ref = "";
const drawn = new Map(); // seat → how its card was drawn: a card in which somebody types is left alone
const opened = new Set(); // who is said anew

export function open(wanted, scanned = false) {
  if (ref !== wanted) opened.clear();
  ref = wanted;
  drawn.clear();
  members.replaceChildren();
  const home = current();
  const touched = home.people.some((one) => !AWAITED.includes(one.status));
  put(place, { seen: scanned && touched ? say("seen_before", { state: homeState(home).text }) : "" });
  go("household");
}

const current = () => day.view.households.find((home) => home.ref === ref);

function show() {
  const home = current();
  if (!home) return go("people");
  put(place, { ref: home.ref, size: homeState(home).text, with: size(home) });
  groupActs(home);
  const cards = home.people.map((one) => card(one, home));
  for (const [at, made] of cards.entries()) if (members.children[at] !== made) members.insertBefore(made, members.children[at] ?? null);
  while (members.children.length > cards.length) members.lastElementChild.remove();
  return undefined;
}

function card(one, home) {
  const adults = home.people.filter((other) => !other.minor).map((other) => other.status).join();
  const how = JSON.stringify([one.status, one.accounted_as, one.missing, one.contested, one.unplaced, one.helped, one.name, opened.has(one.seat), mode(), one.minor && adults]);
  const before = drawn.get(one.seat);
  if (before?.how === how) return before.made;
  const made = draw(one, home);
  before?.made.replaceWith(made);
  drawn.set(one.seat, { how, made });
  return made;
}

function draw(one, home) {
  const made = clone("person");
  const state = personState(one);
  const needs = one.needs.length ? say("needs", { all: one.needs.map((code) => label("need", code)).join(", ") }) : "";
  const helped = one.helped ? say("helped") : "";
  put(made, { name: nameOf(one), status: state.text, facts: facts(one), needs: [needs, helped].filter(Boolean).join(" · "), note: note(one) });
  made.querySelector(".chip").classList.add(state.kind);
  made.querySelector("[data-acts]").append(...acts(one, home));
  return made;
}

function note(one) {
  if (one.unplaced) return say("unplaced");
  if (one.contested) return say("contested");
  if (one.status === "parked") return say("parked");
  return one.status === "held" && !one.minor && mode() === "boarding" ? say("unconfirmed") : "";
}

function acts(one, home) {
  const anew = opened.has(one.seat);
  if (mode() === "arrival" && (one.status === "boarded" || anew)) return [wired(clone("arrive"), one)];
  if (AWAITED.includes(one.status) || anew) {
    const first = one.minor ? minor(one, home) : ask(one);
    return [wired(first.node, one, first.data), wired(clone("other"), one, first.other)];
  }
  return [done(one)];
}

// The buttons of a piece say their act of this person; `data` is what goes with it.
function wired(node, one, data = () => ({})) {
  for (const button of node.querySelectorAll("[data-act]")) {
    const { act } = button.dataset;
    const press = () => (act === "helped" ? help(one) : said(one, act, data(act)));
    if (button.hasAttribute("data-minor")) button.hidden = !one.minor;
    if (act === "helped") button.setAttribute("aria-pressed", String(Boolean(one.helped)));
    if (button.dataset.sure) twice(button, press);
    else button.addEventListener("click", press);
  }
  return node;
}

async function said(one, act, data) {
  const entry = await record(act, { seat: one.seat, data });
  if (!entry) return;
  opened.delete(one.seat);
  changedNow();
  tell(say("done", { who: nameOf(one), what: label("act", act) }), [entry]);
}

// Help that was not given is taken back; one that the server has since another day is no more to be undone here.
async function help(one) {
  const given = day.words.findLast(({ entry }) => entry.act === "helped" && entry.seat === one.seat)?.entry;
  if (one.helped && given) return void (await takeBack(given));
  if (one.helped) return;
  const entry = await record("helped", { seat: one.seat });
  if (entry) tell(say("done", { who: nameOf(one), what: label("act", "helped") }), [entry]);
}

function done(one) {
  const made = wired(clone("done"), one);
  const undo = made.querySelector("[data-undo]");
  undo.hidden = !fresh(one.said);
  undo.addEventListener("click", async () => {
    await takeBack(one.said);
    tell(say("undone"));
  });
  made.querySelector("[data-change]").addEventListener("click", () => {
    opened.add(one.seat);
    changedNow();
  });
  return made;
}

// --- the household as a whole ----------------------------------------------------------------------------------------

function groupActs(home) {
  const aboard = home.people.filter((one) => one.status === "boarded");
  const awaited = home.people.filter((one) => AWAITED.includes(one.status));
  const wanted = mode() === "arrival" && aboard.length > 1 ? "arrived" : mode() === "boarding" && awaited.length > 1 && awaited.length === home.people.length ? "no_show" : "";
  const key = `${home.ref} ${wanted}`;
  if (together.dataset.shown === key && (together.childElementCount || !wanted)) return;
  together.dataset.shown = key;
  together.replaceChildren();
  if (!wanted) return;
  const button = clone(wanted === "arrived" ? "all-came" : "none-came");
  if (wanted === "arrived") button.addEventListener("click", () => everybody(home.ref, wanted, ["boarded"]));
  else twice(button, () => everybody(home.ref, wanted, AWAITED));
  together.append(button);
}

async function everybody(of, act, statuses) {
  const entries = [];
  const home = day.view.households.find((one) => one.ref === of);
  for (const one of home.people.filter(({ status }) => statuses.includes(status))) entries.push(await record(act, { seat: one.seat }));
  if (entries.some(Boolean)) tell(say("done_all", { ref: of, what: label("act", act) }), entries);
}

document.addEventListener("locked", () => {
  drawn.clear();
  opened.clear();
  ref = "";
});
const changedNow = () => again("household");
under("household", () => day.view && show());
onChange(() => day.view && again("household"));

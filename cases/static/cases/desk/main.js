// The desk with a keyboard. Keys act by position, so that they work on any layout. The form works without it too.
import { onLive } from "../live.js";
import * as cards from "./cards.js";
import { combo } from "./combo.js";
import * as keep from "./keep.js";
import * as modes from "./modes.js";
import * as picks from "./picks.js";
import * as red from "./red.js";
import "./reply.js";
import { save } from "./save.js";

const form = document.querySelector("#desk");
const byId = (id) => document.getElementById(id);
const boot = JSON.parse(byId("boot").textContent);

// --- settlement and people -------------------------------------------------------------------------------------------

const settlement = byId("id_settlement");
const place = combo(settlement, byId("settlement-list"), {
  find: async (text) => {
    form.elements.settlement_id.value = "";
    const answer = await keep.post(settlement.dataset.source, new URLSearchParams({ q: text }));
    return answer.data?.found ?? [];
  },
  choose: (option) => {
    settlement.value = option.name;
    form.elements.settlement_id.value = option.id;
    keep.changed();
    if (document.activeElement === settlement) (form.dataset.mode === "surge" ? byId("surge-heads") : form.elements.address).focus();
  },
});

const people = byId("id_people");
const understood = byId("understood");
let reading = 0;

async function read() {
  const answer = await keep.post(people.dataset.source, new URLSearchParams({ q: people.value }));
  if (!answer.ok) return;
  understood.replaceChildren(
    ...answer.data.understood.map((person, at) => chip(`${at + 1}. ${person.says}`, "chip", person.mobility)),
    ...answer.data.problems.map((text) => chip(text, "error-text", "")),
  );
}

function chip(text, kind, mobility) {
  const element = document.createElement("span");
  element.className = kind;
  element.dataset.mobility = mobility;
  element.textContent = text;
  return element;
}

function grow() {
  people.rows = Math.min(6, Math.max(2, people.value.split("\n").length));
}

people.addEventListener("input", () => {
  grow();
  clearTimeout(reading);
  reading = setTimeout(read, 250);
});

// --- what is typed comes back ------------------------------------------------------------------------------------------

const NOT_TYPED = new Set(["csrfmiddlewaretoken", "key", "serial", "agreed"]);

// What was typed since the page opened stays.
function fill(typed) {
  for (const [name, values] of typed) {
    const field = form.elements[name];
    if (!field || NOT_TYPED.has(name) || keep.touched.has(name)) continue;
    const one = [values].flat();
    if (field instanceof RadioNodeList) for (const choice of field) choice.checked = one.includes(choice.value);
    else if (field.type === "checkbox") field.checked = true;
    else field.value = one.at(-1);
  }
}

function refill(typed) {
  // A page that was typed on says of each box whether it was ticked; a call just taken says only its number.
  if (typed.some(([name]) => name === "channel")) for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked &&= keep.touched.has(box.name);
  fill(typed);
  for (const more of form.querySelectorAll("details:not(.all, .more)")) more.open ||= [...more.querySelectorAll("input:not([type=checkbox]), select")].some(filled);
  settled();
}

function filled(field) {
  const before = field.options ? ([...field.options].find((one) => one.defaultSelected) ?? field.options[0]).value : field.defaultValue;
  return field.value !== "" && field.value !== before;
}

function settled() {
  picks.show();
  grow();
  if (people.value) read();
  if (form.elements.number.value) cards.look().then(looked);
  const mode = form.elements.mode.value;
  if (["surge", "site", "yes_no"].includes(mode) && mode !== form.dataset.mode) modes.begin(mode);
  cards.mark();
  guess();
  asked();
}

// The card of whoever is known by the number: a case that goes on here was chosen from it.
function looked() {
  cards.chosen();
  if (boot.claimed) cards.openOnly();
}

// --- how it will end, what was not asked --------------------------------------------------------------------------------

const ending = form.elements.disposition;

function guess() {
  if (ending.value && !ending.dataset.guessed) return;
  const needs = [...form.querySelectorAll("[name^=need_]:checked")].map((box) => box.name);
  const anything = needs.some((name) => name !== "need_INFO") || form.querySelector("[name^=seen_]:checked") || ["undecided", "ukraine", "russia"].includes(way());
  const found = form.elements.continues.value ? "case_updated" : anything ? "case_opened" : needs.length ? "information_only" : "";
  ending.value = found;
  ending.dataset.guessed = "yes";
}
for (const name of ["input", "change"]) ending.addEventListener(name, () => delete ending.dataset.guessed);

const way = () => [...form.elements.way].find((one) => one.checked)?.value ?? "";
const given = (name) => {
  const field = form.elements[name];
  if (!field) return false;
  if (field instanceof RadioNodeList) return [...field].some((one) => one.checked);
  return field.type === "checkbox" ? field.checked : Boolean(field.value);
};

function asked() {
  for (const one of document.querySelectorAll("#not-asked .chip")) one.hidden = one.dataset.of.split(" ").some(given);
}

form.addEventListener("input", () => {
  guess();
  asked();
});
form.addEventListener("change", () => {
  guess();
  asked();
});

// --- what the server answers to each save ---------------------------------------------------------------------------------

const SHAPES = { P1: "■", P2: "▲", P3: "●", P4: "○" };

let places = "";

function answered(answer) {
  if (answer.wanted && JSON.stringify(answer.wanted) !== places) {
    places = JSON.stringify(answer.wanted);
    document.dispatchEvent(new CustomEvent("places"));
  }
  const shown = byId("class-shown");
  if (answer.priority) {
    shown.hidden = !answer.wants;
    shown.className = `chip class ${answer.priority.toLowerCase()}`;
    shown.textContent = `${SHAPES[answer.priority]} ${answer.priority} ${answer.label}`;
    byId("class-why").textContent = answer.wants ? answer.reasons.slice(0, 3).join(" · ") : "";
  }
  const colleagues = byId("colleagues");
  if (answer.colleagues) {
    colleagues.hidden = answer.colleagues.length === 0;
    colleagues.querySelector("b").textContent = answer.colleagues.join(", ");
  }
}

// --- the words to say ------------------------------------------------------------------------------------------------

const moment = byId("moment");
function say() {
  const language = form.elements.language.value;
  for (const script of document.querySelectorAll(".script")) {
    script.hidden = script.dataset.moment !== moment.value;
    for (const text of script.children) text.hidden = text.dataset.language !== language;
  }
}
moment.addEventListener("change", say);
form.elements.language.addEventListener("change", say);
say();

// --- rings ----------------------------------------------------------------------------------------------------------

const rings = byId("rings");

// A colleague has come to the same case: who it is comes with the next answer, so it is asked for now.
onLive((_, event) => event?.name === "same_case" && keep.touch());

onLive((now) => {
  const open = now.presence === "free" ? now.rings : [];
  rings.hidden = open.length === 0;
  rings.replaceChildren(...open.map(ring));
  tick();
});

function ring(one, at) {
  const claim = document.createElement("button");
  claim.type = "submit";
  claim.className = "btn ring";
  claim.setAttribute("form", "claim");
  claim.setAttribute("formaction", rings.dataset.claim.replace("00000000-0000-0000-0000-000000000000", one.uid));
  const since = document.createElement("b");
  since.dataset.since = one.since;
  claim.append(`${rings.dataset.answer} `, one.country || rings.dataset.hiddenNumber, one.known ? ` · ${rings.dataset.known} · ` : " · ", since);
  if (at === 0) {
    const hint = document.createElement("kbd");
    hint.textContent = "F4";
    claim.append(" ", hint);
  }
  return claim;
}

function tick() {
  for (const clock of document.querySelectorAll("[data-since]")) {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(clock.dataset.since)) / 1000));
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }
}
setInterval(tick, 500);

// --- small buttons that only say something -----------------------------------------------------------------------------

async function press(address) {
  const answer = await keep.post(address, new URLSearchParams({ key: keep.key() }));
  const text = answer.data?.says ?? byId("save-state").dataset.away;
  byId("pressed").textContent = text;
  byId("pressed").hidden = false;
  setTimeout(() => {
    byId("pressed").hidden = true;
  }, 6000);
}
for (const button of document.querySelectorAll("[data-post]")) {
  button.addEventListener("click", () => {
    press(button.dataset.post);
    if (!button.dataset.moment) return;
    moment.value = button.dataset.moment;
    say();
  });
}
byId("keys-open").addEventListener("click", () => sheet.showModal());

// --- keys ------------------------------------------------------------------------------------------------------------

const steps = { Digit1: "id_settlement", Digit2: "id_people", Digit3: "pick", Digit5: "id_notes", Digit7: "id_number", Digit8: "moment", Digit0: "id_disposition" };
const sheet = byId("keys");
const typing = (target) => target instanceof Element && target.closest("input:not([type=checkbox], [type=radio]), select, textarea") !== null;

const functions = {
  F1: () => (sheet.open ? sheet.close() : sheet.showModal()),
  F2: () => cards.open(),
  F3: () => byId("search")?.focus(),
  F4: () => rings.querySelector("button")?.click(),
  F6: () => modes.set("site"),
  F7: () => modes.set("yes_no"),
  F8: () => modes.set("surge"),
  F9: red.open,
};
const withAlt = {
  Digit4: () => ([...form.elements.way].find((one) => one.checked) ?? form.elements.way[0]).focus(),
  Digit6: () => byId("consents").querySelector("input").focus(),
  Digit9: () => press(byId("quiet-alarm").dataset.post),
  Enter: cards.continueFirst,
};

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  let act = null;
  if (event.code in functions && !event.ctrlKey && !event.altKey && !event.metaKey) act = functions[event.code];
  else if ((event.code === "Enter" || event.code === "NumpadEnter") && event.ctrlKey) act = () => save(form.dataset.mode === "surge" ? `${form.action}?mode=surge` : null);
  else if (event.altKey && event.code in steps) act = () => byId(steps[event.code]).focus();
  else if (event.altKey && event.code in withAlt) act = withAlt[event.code];
  else if (!typing(event.target) && !event.ctrlKey && !event.altKey && !document.querySelector("dialog[open]")) {
    if (event.code === "Slash" && event.shiftKey) act = functions.F1;
    else if (event.code === "Slash") act = functions.F3;
    else if (event.code === "KeyN") act = () => location.assign(form.action);
  }
  if (!act) return;
  event.preventDefault();
  act();
});

// Enter in a single-line field goes on to the next one: nobody saves a call by accident.
form.addEventListener("keydown", (event) => {
  if (event.code !== "Enter" || event.ctrlKey || event.altKey || event.defaultPrevented) return;
  if (!(event.target instanceof HTMLInputElement) || ["checkbox", "radio"].includes(event.target.type)) return;
  event.preventDefault();
  const fields = [...form.querySelectorAll("input:not([type=hidden]), textarea, select")].filter((one) => one.offsetParent && !one.disabled);
  fields[fields.indexOf(event.target) + 1]?.focus();
});

// After five idle minutes the page is blurred; the draft stays.
let idle = 0;
function awake() {
  document.body.classList.remove("idle");
  clearTimeout(idle);
  idle = setTimeout(() => document.body.classList.add("idle"), 5 * 60_000);
}
for (const name of ["keydown", "pointerdown", "pointermove"]) document.addEventListener(name, awake, { passive: true });
awake();

// The call before was kept on this device: nothing of it stays on the page.
document.addEventListener("fresh", () => {
  boot.claimed = false;
  places = "";
  cards.clear();
  cards.forget();
  for (const place of [understood, byId("telling"), byId("tells")]) place.replaceChildren();
  for (const gone of ["class-shown", "colleagues", "pressed", "sure"]) byId(gone).hidden = true;
  byId("class-why").textContent = "";
  byId("of-call")?.remove();
  for (const more of form.querySelectorAll("details:not(.all)")) more.open = false;
  delete ending.dataset.guessed;
  moment.selectedIndex = 0;
  say();
  modes.begin(form.dataset.mode === "surge" ? "surge" : "standard");
  settled();
  if (form.dataset.mode === "standard") form.elements.number.focus();
});

// The unfinished calls as they stand now: one that was refused is among them.
document.addEventListener("delivery", async ({ detail }) => {
  if (!detail.refused) return;
  const page = await fetch(form.action).catch(() => null);
  const now = page?.ok && new DOMParser().parseFromString(await page.text(), "text/html").querySelector("#unfinished");
  if (now) byId("unfinished").replaceWith(now);
});

document.documentElement.classList.add("js");
if (Object.keys(boot.fields).length) refill(Object.entries(boot.fields));
else settled();
if (new URLSearchParams(location.search).get("mode") === "surge") modes.begin("surge");
place.close();
if (byId("error-summary")) byId("error-summary").focus();
else if (document.activeElement === document.body) (form.elements.number.value ? settlement : form.elements.number).focus();
const before = await keep.begin(boot, answered);
if (before) {
  refill(before);
  keep.changed();
}
red.begin();
document.documentElement.dataset.ready = "yes";

// Beside the form: the card of who may be calling, the code word, what may be told, and finding a case.
import * as keep from "./keep.js";

const form = document.querySelector("#desk");
const cards = document.querySelector("#cards");
const telling = document.querySelector("#telling");
const tells = document.querySelector("#tells");
const shown = document.querySelector("#continues-shown");
const caseSaid = document.querySelector("#case-said");
let asked = 0;
let shownFor = ""; // whose card stands there
let chosenFor = ""; // by whose card the case was chosen
let timer = 0;

async function fragment(address, typed) {
  typed.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  const answer = await fetch(address, { method: "POST", body: typed }).catch(() => null);
  return answer?.ok && !answer.redirected ? answer.text() : null;
}

const who = (extra = {}) =>
  new URLSearchParams({
    number: form.elements.number.value,
    channel: form.elements.channel.value,
    continues: form.elements.continues.value,
    key: keep.key(),
    ...extra,
  });

const caller = () => `${form.elements.channel.value} ${form.elements.number.value.replace(/[\s()-]/g, "")}`;

function put(place, text) {
  place.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
}

export async function look() {
  const mine = ++asked;
  const number = form.elements.number.value;
  if (number.replace(/\D/g, "").length < 2 && !number.includes("@") && !form.elements.continues.value) return clear();
  const about = caller();
  const text = await fragment(cards.dataset.source, who());
  if (mine !== asked) return undefined;
  if (text === null) return clear(); // the card of somebody else beside this number would be worse than none
  return show(text, about);
}

function show(text, about) {
  put(cards, text);
  shownFor = about;
  mark();
}

export function clear() {
  asked += 1;
  cards.replaceChildren();
  shownFor = "";
}

export async function open(household = cards.querySelector("[data-open]")?.dataset.open) {
  if (!household || shownFor !== caller()) return;
  const mine = ++asked;
  const about = caller();
  const text = await fragment(cards.dataset.open, who({ household }));
  if (text !== null && mine === asked) show(text, about);
}

// Taking a call opens its card, where the number is one household's; several people sharing it are opened on purpose.
export async function openOnly() {
  if (cards.querySelectorAll(".card").length === 1) await open();
}

export function goOnWith(ref) {
  form.elements.continues.value = ref;
  if (!form.elements.disposition.value || form.elements.disposition.dataset.guessed) {
    form.elements.disposition.value = "case_updated";
    form.elements.disposition.dataset.guessed = "yes";
  }
  caseSaid.textContent = "";
  chosen();
  keep.changed();
  mark();
  if (!chosenFor) look();
  document.querySelector("#id_settlement").focus();
}

// The case that goes on was chosen from the card of this number: another number is somebody else's.
export function chosen() {
  const ref = form.elements.continues.value;
  chosenFor = ref && cards.querySelector(`[data-continue="${CSS.escape(ref)}"]`) ? caller() : "";
}

function renumbered() {
  if (!chosenFor || chosenFor === caller()) return;
  chosenFor = form.elements.continues.value = "";
  caseSaid.textContent = caseSaid.dataset.cleared;
  mark();
}

export function mark() {
  const ref = form.elements.continues.value.replace(/\D/g, "");
  shown.textContent = ref.length === 8 ? `${ref.slice(0, 4)} ${ref.slice(4)}` : "";
  for (const button of cards.querySelectorAll("[data-continue]")) button.setAttribute("aria-pressed", String(button.dataset.continue === ref));
}

// Nothing happens while the card is still that of the number before.
export function continueFirst() {
  cards.querySelector("[data-continue]")?.click();
}

// We rang the number they are registered with, and the operator hears that it is them.
async function reached(button) {
  const answer = await keep.post(cards.dataset.reached, who({ tie: button.dataset.reached }));
  if (answer.ok) await look();
  document.querySelector("#said").textContent = answer.data?.says ?? "";
}

async function check(button) {
  const card = button.closest(".card");
  const word = card.querySelector(`input[data-tie="${button.dataset.check}"]`);
  const answer = await keep.post(cards.dataset.word, who({ tie: button.dataset.check, word: word.value }));
  word.value = "";
  if (answer.ok) await look();
  const said = answer.data?.says ?? "";
  (answer.ok ? cards : card).querySelector(".word-said").textContent = said;
  document.querySelector("#said").textContent = said;
}

cards.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || shownFor !== caller()) return;
  if (button.dataset.open) open(button.dataset.open);
  else if (button.dataset.continue) goOnWith(button.dataset.continue);
  else if (button.dataset.check) check(button);
  else if (button.dataset.reached) reached(button);
});
cards.addEventListener("keydown", (event) => {
  if (event.code !== "Enter" || !event.target.dataset.tie) return;
  event.preventDefault();
  check(event.target.closest(".word").querySelector("[data-check]"));
});
for (const name of ["number", "channel"]) {
  form.elements[name].addEventListener("input", () => {
    renumbered();
    clearTimeout(timer);
    timer = setTimeout(look, 350);
  });
}
form.elements.continues.addEventListener("input", mark);

// "Can seat: yes" or "waiting list", for the direction and the places they need; never a number.
export async function tell() {
  const direction = [...form.elements.way].find((way) => way.checked)?.value ?? "";
  const text = await fragment(telling.dataset.source, who({ direction }));
  if (text === null) return;
  const said = new DOMParser().parseFromString(text, "text/html").body;
  telling.replaceChildren(...said.querySelector("div").childNodes);
  tells.replaceChildren(...said.querySelector("ul").childNodes);
}
for (const way of form.elements.way) way.addEventListener("change", tell);
document.addEventListener("places", tell);
tell();

// Who of the people as typed may be known already under another reference.
const known = document.querySelector("#known");
let knowing = 0;
let pausing = 0;
async function recognise() {
  const mine = ++knowing;
  const people = form.elements.people.value;
  const sought = form.elements.missing_person.checked ? "1" : "";
  const about = who({ people, settlement_id: form.elements.settlement_id.value, missing_person: sought });
  const text = /\p{L}{2,}\s+\p{L}{2,}/u.test(people) ? await fragment(known.dataset.source, about) : "";
  if (mine === knowing && text !== null) put(known, text);
}
for (const name of ["people", "number", "continues", "missing_person"]) {
  form.elements[name].addEventListener("input", () => {
    clearTimeout(pausing);
    pausing = setTimeout(recognise, 700);
  });
}
known.addEventListener("click", (event) => {
  const ref = event.target.closest("button")?.dataset.continue;
  if (!ref) return;
  goOnWith(ref);
  recognise();
});
export function forget() {
  knowing += 1;
  clearTimeout(pausing);
  known.replaceChildren();
}

// One box finds a case; choosing an open one continues it here.
const box = document.querySelector("#search");
const found = document.querySelector("#found");
let searching = 0;
box?.addEventListener("input", () => {
  clearTimeout(searching);
  searching = setTimeout(async () => {
    const text = box.value.trim() ? await fragment(box.dataset.source, new URLSearchParams({ q: box.value })) : "";
    if (text !== null) put(found, text);
    found.hidden = !found.childElementCount;
  }, 250);
});
box?.addEventListener("keydown", (event) => {
  if (event.code === "Escape") found.hidden = true;
  if (event.code === "ArrowDown" || event.code === "Enter") found.querySelector("button")?.focus();
  if (["ArrowDown", "Enter", "Escape"].includes(event.code)) event.preventDefault();
});
found?.addEventListener("keydown", (event) => {
  const buttons = [...found.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  if (event.code === "ArrowDown") buttons[Math.min(at + 1, buttons.length - 1)]?.focus();
  else if (event.code === "ArrowUp") (at > 0 ? buttons[at - 1] : box).focus();
  else if (event.code === "Escape") {
    found.hidden = true;
    box.focus();
  } else return;
  event.preventDefault();
});
found?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-ref]");
  if (!button) return;
  found.hidden = true;
  box.value = "";
  if (button.dataset.openCase) goOnWith(button.dataset.ref);
});

// Four ways to take a call: standard, surge (F8), site (F6), yes or no (F7).
import { save } from "./save.js";

const form = document.querySelector("#desk");
const byId = (id) => document.getElementById(id);
const told = () => form.dispatchEvent(new Event("change", { bubbles: true }));

// A mode's key takes it, and pressed again leaves it.
export function set(mode) {
  begin(form.dataset.mode === mode ? "standard" : mode, mode);
  told();
}

export function begin(now, pressed = now) {
  form.dataset.mode = now;
  form.elements.mode.value = now;
  byId("surge").hidden = now !== "surge";
  byId("yes-no").hidden = now !== "yes_no";
  if (now === "site") {
    form.elements.group.value = "site";
    form.elements.headcount.focus();
  } else if (now === "surge") (form.elements.settlement.value ? byId("surge-heads") : form.elements.settlement).focus();
  else if (now === "yes_no") ask(0);
  else if (form.elements.group.value === "site" && pressed === "site") form.elements.group.value = "unknown";
}

// --- surge: place, heads, hurt, water --------------------------------------------------------------------------------

const heads = byId("surge-heads");
const hurt = byId("surge-hurt");
const water = byId("surge-water");

function fillSurge() {
  form.elements.headcount.value = heads.value;
  form.elements.group.value = Number.parseInt(heads.value, 10) > 12 ? "site" : "unknown";
  form.elements.seen_injured.checked = Number(hurt.value) > 0;
  form.elements.need_WATER.checked = water.value.trim() !== "";
  form.elements.days_WATER.value = water.value.trim();
  const line = Number(hurt.value) > 0 ? byId("surge").dataset.hurt.replace("%s", hurt.value) : "";
  const notes = form.elements.notes.value.split("\n").filter((one) => !one.startsWith(byId("surge").dataset.hurt.split("%s")[0]));
  form.elements.notes.value = [...(line ? [line] : []), ...notes].filter(Boolean).join("\n");
  form.elements.disposition.value ||= "case_opened";
  if (!form.elements.number.value) form.elements.anonymous.checked = true;
}
for (const field of [heads, hurt, water]) field.addEventListener("input", () => {
  fillSurge();
  told();
});
for (const [at, field] of [heads, hurt, water].entries()) {
  field.addEventListener("keydown", (event) => {
    if (event.code !== "Enter" || event.ctrlKey) return;
    event.preventDefault();
    if (at < 2) [heads, hurt, water][at + 1].focus();
    else {
      fillSurge();
      save(`${form.action}?mode=surge`);
    }
  });
}

// --- yes or no: for who cannot speak -------------------------------------------------------------------------------

const question = byId("question");
const questions = [...document.querySelectorAll(".questions li")];
let at = 0;

function ask(index) {
  at = index;
  const item = questions[at];
  question.textContent = item ? `${at + 1} / ${questions.length}  ${item.textContent}` : byId("yes-no").dataset.done;
  question.focus();
}

function answer(said) {
  const item = questions[at];
  if (said === "back") return ask(Math.max(0, at - 1));
  if (!item) return undefined;
  const field = item.dataset.yes && (form.elements[item.dataset.yes] ?? byId(item.dataset.yes));
  if (field instanceof HTMLSelectElement) field.value = said === "nothing" ? "" : said;
  else if (field) field.checked = said === "yes";
  if (said !== "nothing") {
    form.elements.disposition.value = "silent_coded";
    delete form.elements.disposition.dataset.guessed;
  }
  told();
  return ask(at + 1);
}
for (const button of document.querySelectorAll("[data-answer]")) button.addEventListener("click", () => answer(button.dataset.answer));
byId("yes-no").addEventListener("keydown", (event) => {
  const digit = /^(?:Digit|Numpad)([1-4])$/.exec(event.code);
  if (!digit || event.altKey || event.ctrlKey) return;
  event.preventDefault();
  answer(["yes", "no", "nothing", "back"][Number(digit[1]) - 1]);
});

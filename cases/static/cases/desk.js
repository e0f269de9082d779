// The desk with a keyboard: settlement type-ahead, reading of person lines, 1–5 and Ctrl+Enter. Works without it too.
const form = document.querySelector("#desk");
const byId = (id) => document.getElementById(id);

// What is typed goes in the body: an address would stand in every log on the way.
function ask(field) {
  const body = new URLSearchParams({ q: field.value, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
  return fetch(field.dataset.source, { method: "POST", body }).catch(() => null);
}

// Settlement: a combobox (WAI-ARIA 1.2, list autocomplete).
const input = byId("id_settlement");
const chosen = byId("id_settlement_id");
const list = byId("settlement-list");
let options = [];
let current = -1;
let asked = 0;

function close() {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function mark(index) {
  current = index;
  list.querySelectorAll("li").forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
  if (index >= 0) input.setAttribute("aria-activedescendant", `settlement-${index}`);
}

function choose(index) {
  input.value = options[index].name;
  chosen.value = options[index].id;
  close();
}

async function look() {
  const mine = ++asked;
  chosen.value = "";
  if (!input.value.trim()) return close();
  const answer = await ask(input);
  if (!answer || !answer.ok || mine !== asked) return;
  options = (await answer.json()).found;
  list.replaceChildren(
    ...options.map((option, at) => {
      const item = document.createElement("li");
      item.id = `settlement-${at}`;
      item.setAttribute("role", "option");
      item.textContent = option.name;
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        choose(at);
      });
      return item;
    }),
  );
  list.hidden = options.length === 0;
  input.setAttribute("aria-expanded", String(options.length > 0));
  mark(options.length ? 0 : -1);
}

input.addEventListener("input", look);
input.addEventListener("blur", () => {
  if (!list.hidden && current >= 0) choose(current);
});
input.addEventListener("keydown", (event) => {
  if (list.hidden) return;
  if (event.code === "ArrowDown") mark(Math.min(current + 1, options.length - 1));
  else if (event.code === "ArrowUp") mark(Math.max(current - 1, 0));
  else if (event.code === "Enter" && !event.ctrlKey) choose(current);
  else if (event.code === "Escape") close();
  else return;
  event.preventDefault();
});

// How the typed people will be read.
const people = byId("id_people");
const understood = byId("understood");
let waiting = 0;

async function read() {
  const answer = await ask(people);
  if (!answer || !answer.ok) return;
  const { understood: persons, problems } = await answer.json();
  understood.replaceChildren(
    ...persons.map((text, at) => chip(`${at + 1}. ${text}`, "chip")),
    ...problems.map((text) => chip(text, "error-text")),
  );
}

function chip(text, kind) {
  const element = document.createElement("span");
  element.className = kind;
  element.textContent = text;
  return element;
}

people.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(read, 250);
});
if (people.value) read();

// Keys by position, so that they work on any layout.
const steps = ["id_settlement", "id_people", "need_WATER", "way_undecided", "id_notes"];
document.addEventListener("keydown", (event) => {
  if (event.code === "Enter" && event.ctrlKey) {
    event.preventDefault();
    form.requestSubmit();
  }
  const digit = event.altKey && /^Digit[1-5]$/.exec(event.code);
  if (digit) {
    event.preventDefault();
    byId(steps[Number(event.code.slice(5)) - 1])?.focus();
  }
});

// Saving: the page is left only when the server is there and still knows us; otherwise everything stays as typed.
const state = byId("save-state");
const button = form.querySelector(".btn.main");

async function ready() {
  const answer = await ask(input);
  if (!answer) return state.dataset.away;
  if (answer.ok && !answer.redirected) return "";
  const page = await fetch(form.action).catch(() => null); // signed in again in another tab: take its new token
  if (!page) return state.dataset.away;
  if (!page.ok || new URL(page.url).pathname !== new URL(form.action).pathname) return state.dataset.signedOut;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
  form.elements.csrfmiddlewaretoken.value = fresh.querySelector("#desk [name=csrfmiddlewaretoken]").value;
  return "";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  button.disabled = true;
  const problem = await ready();
  state.textContent = problem;
  if (problem) button.disabled = false;
  else form.submit();
});
byId("error-summary")?.focus();

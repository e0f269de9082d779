// Needs and dangers by code or word: one line drives the boxes of the form, chips show what is chosen.
import { combo } from "./combo.js";

const form = document.querySelector("#desk");
const input = document.querySelector("#pick");
const picked = document.querySelector("#picked");
const ofNeed = (box) => form.elements[box.name.replace("need_", "days_")];

const text = (label) => label.firstChild.nodeType === Node.TEXT_NODE ? label.textContent.trim() : [...label.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join("").trim();

// Everything that can be picked: {name, box, number?, short?}
const things = [];
for (const box of form.querySelectorAll("[name^=need_]")) things.push({ name: box.dataset.label, short: box.dataset.short, box, number: ofNeed(box) });
for (const box of form.querySelectorAll("[name^=seen_][type=checkbox], [name=in_cellar], [name=cannot_reach_point], [name=missing_person]")) {
  things.push({ name: text(box.closest("label")), box });
}
for (const number of form.querySelectorAll(".measure input")) things.push({ name: number.closest("label").querySelector("span").textContent.trim(), number });

const told = () => form.dispatchEvent(new Event("change", { bubbles: true }));
const number = (said) => (said ? said.replace(",", ".") : "");

export function set(thing, value) {
  if (thing.box) thing.box.checked = true;
  if (thing.number && value !== "") thing.number.value = number(value);
  if (!thing.box && value === "") thing.number.focus();
  show();
  told();
}

function unset(thing) {
  if (thing.box) thing.box.checked = false;
  if (thing.number) thing.number.value = "";
  show();
  told();
  input.focus();
}

const chosen = (thing) => (thing.box ? thing.box.checked : thing.number.value !== "");

// The toggles beside the place are seen where they stand.
const elsewhere = (thing) => Boolean(thing.box?.closest("#where"));

export function show() {
  picked.replaceChildren(
    ...things.filter((thing) => chosen(thing) && !elsewhere(thing)).map((thing) => {
      const chip = document.createElement("span");
      chip.className = "chip picked";
      const name = document.createElement("b");
      name.textContent = thing.name;
      chip.append(name);
      const left = thing.number?.value;
      if (left) chip.append(` ${thing.short ? (Number(left) === 0 ? picked.dataset.none : `${left} ${picked.dataset.days}`) : left}`);
      const out = document.createElement("button");
      out.type = "button";
      out.className = "x";
      out.textContent = "×";
      out.setAttribute("aria-label", `${picked.dataset.remove}: ${thing.name}`);
      out.addEventListener("click", () => unset(thing));
      chip.append(" ", out);
      return chip;
    }),
  );
}

// On a Russian or Ukrainian layout the same keys give other letters: "цф1" is "wa1".
const KEYS = new Map([..."йцукенгшщзфывапролдячсмитьіў"].map((letter, at) => [letter, "qwertyuiopasdfghjklzxcvbnmsx"[at]]));
const latin = (said) => [...said.toLowerCase()].map((letter) => KEYS.get(letter) ?? letter).join("");

function coded(said) {
  const match = /^([^\d\s]{2})\s*(\d+(?:[.,]\d+)?)?$/.exec(said.trim());
  if (!match) return null;
  const thing = things.find((one) => one.short === match[1].toLowerCase() || one.short === latin(match[1]));
  return thing ? [thing, match[2] ?? ""] : null;
}

const plain = (said) => said.toLowerCase().replaceAll("ё", "е").replaceAll("ґ", "г");

function find(said) {
  const match = /^(.*?)\s*(\d+(?:[.,]\d+)?)?$/.exec(plain(said.trim()));
  const words = match[1];
  if (!words) return [];
  const code = coded(said);
  const parts = words.split(/\s+/);
  const meant = (one) => {
    const named = plain(one.name).split(/[^\p{L}\d]+/u);
    return parts.every((part) => named.some((word) => word.startsWith(part)));
  };
  const rest = things.filter((one) => one !== code?.[0] && meant(one));
  const found = [...(code ? [code[0]] : []), ...new Set(rest)].slice(0, 8);
  return found.map((thing) => ({ name: thing.name, hint: thing.short, thing, value: match[2] ?? "" }));
}

combo(input, document.querySelector("#pick-list"), {
  find: async (said) => find(said),
  choose: ({ thing, value }) => {
    input.value = "";
    set(thing, value);
  },
});

// A whole code and a space is enough: "wa1 fo0 " needs no list.
input.addEventListener("keydown", (event) => {
  if (event.code !== "Space") return;
  const code = coded(input.value);
  if (!code) return;
  event.preventDefault();
  input.value = "";
  document.querySelector("#pick-list").hidden = true;
  set(...code);
});

for (const box of form.querySelectorAll("[name^=need_], [name^=days_], [name^=seen_], [name=missing_person]")) box.addEventListener("change", show);
for (const all of document.querySelectorAll("details.all")) if (!all.querySelector("[aria-invalid]")) all.open = false;
show();

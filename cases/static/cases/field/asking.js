// Each adult is asked again, alone, before they board; a child boards with who decides for them.
import { way } from "./head.js";
import { clone, nameOf } from "./stand.js";
import { put, say } from "./say.js";

const WILLING = ["voluntary", "own_direction", "informed"];

export function ask(one) {
  const node = clone("ask");
  put(node, { direction: say("direction", { direction: way() }) });
  for (const set of node.querySelectorAll("[data-question]")) {
    for (const radio of set.querySelectorAll("input")) radio.name = `${set.dataset.question}-${one.seat}`;
  }
  const given = (name) => node.querySelector(`[data-question=${name}] input:checked`)?.value;
  const board = node.querySelector("[data-act=boarded]");
  node.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  node.addEventListener("change", () => {
    const unwilling = WILLING.some((name) => given(name) === "no");
    const unfree = given("could_speak_freely") === "no";
    put(node, { hint: unfree ? say("not_free") : unwilling ? say("not_willing") : "" });
    board.disabled = !(WILLING.every((name) => given(name) === "yes") && given("could_speak_freely"));
  });
  const freely = () => ({ could_speak_freely: given("could_speak_freely") ?? "unknown" });
  return {
    node,
    data: () => ({ ...freely(), ...Object.fromEntries(WILLING.map((name) => [name, given(name) === "yes"])) }),
    other: (act) => (act === "refused" ? freely() : {}),
  };
}

export function minor(one, home) {
  const node = clone("minor");
  const officer = node.querySelector("[data-officer]");
  const board = node.querySelector("[data-act=boarded]");
  const guardian = home.people.find((other) => other.seat === one.guardian);
  const adult = guardian ?? home.people.find((other) => !other.minor && other.status === "boarded");
  const note = document.createElement("p");
  note.className = "f-note";
  node.prepend(note);
  if (one.unaccompanied) {
    note.textContent = say("unaccompanied");
    officer.hidden = false;
    board.disabled = true;
    officer.addEventListener("change", ({ target }) => {
      board.disabled = !target.checked;
    });
  } else {
    const aboard = adult?.status === "boarded";
    note.textContent = aboard ? say("with_guardian", { name: nameOf(adult) }) : guardian ? say("guardian_first", { name: nameOf(guardian) }) : say("adult_first");
    board.disabled = !aboard;
  }
  const data = () => (adult && !one.unaccompanied ? { guardian: adult.seat } : {});
  return { node, data, other: () => ({}) };
}

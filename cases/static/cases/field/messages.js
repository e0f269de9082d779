// What the server did not simply count, in its words, until somebody has read it.
import { day, dismiss, onChange, told } from "./day.js";
import { again, go, under } from "./screens.js";
import { clone, nameOf } from "./stand.js";
import { label, put, say } from "./say.js";

const list = document.querySelector("#messages");

function about({ outcome, act, seat }) {
  const home = day.view?.households.find((one) => one.people.some((person) => person.seat === seat));
  const person = home?.people.find((one) => one.seat === seat);
  return [say(`tell_${outcome}`), home?.ref, person && nameOf(person), act && label("act", act)].filter(Boolean).join(" · ");
}

function show() {
  const all = told();
  list.replaceChildren(
    ...all.map((one) => {
      const made = put(clone("message"), { about: about(one), say: one.say });
      made.querySelector("button").addEventListener("click", () => dismiss(one.uid));
      return made;
    }),
  );
  document.querySelector("#no-messages").hidden = all.length > 0;
}

under("messages", show);
onChange(() => again("messages"));
document.querySelector("#told").addEventListener("click", () => go("messages"));

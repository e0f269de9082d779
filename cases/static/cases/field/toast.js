// What was done just now, said once, with a minute to take it back. Nothing of it leaves the page.
import { takeBack } from "./day.js";
import { put, say } from "./say.js";

const MINUTE = 60_000;
const toast = document.querySelector("#toast");
const undo = document.querySelector("#undo");
let entries = [];
let timer = 0;

export const fresh = (entry) => Boolean(entry) && Date.now() - Date.parse(entry.at) < MINUTE;

export function tell(text, done = []) {
  clearTimeout(timer);
  entries = done.filter(Boolean);
  put(toast, { said: text });
  document.querySelector("#aloud").textContent = text;
  undo.hidden = entries.length === 0;
  toast.hidden = false;
  timer = setTimeout(hush, entries.length ? MINUTE : 6000);
}

export function hush() {
  clearTimeout(timer);
  toast.hidden = true;
  put(toast, { said: "" });
  entries = [];
}

document.querySelector("#hush").addEventListener("click", hush);
undo.addEventListener("click", async () => {
  const back = entries;
  let done = true;
  for (const entry of back) done = Boolean(await takeBack(entry)) && done;
  tell(say(done ? "undone" : "not_undone"));
});
document.addEventListener("unkept", () => tell(say("unkept")));
document.addEventListener("locked", hush);

// The red key (F9): a case at once. It is pressed once, and tried until it has sounded.
import { combo } from "./combo.js";
import * as keep from "./keep.js";

const form = document.querySelector("#desk");
const byId = (id) => document.getElementById(id);
const dialog = byId("red");
const place = byId("red-place");
const said = byId("red-said");
const waits = byId("red-waits");
const RETRY = 2000;
let chosen = "";
let timer = 0;

export function open() {
  if (dialog.open) return;
  place.value = form.elements.settlement.value;
  chosen = form.elements.settlement_id.value;
  dialog.showModal();
  place.focus();
}

// An alert is read aloud when it changes: the same again changes nothing.
function shown(line, text) {
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !text;
}

// It is not sounded: the operator is told loudly, and what to do instead.
function wait() {
  form.dataset.red = "waiting";
  shown(waits, waits.dataset.waits);
  clearTimeout(timer);
  timer = setTimeout(attempt, RETRY);
}

function heard(ok, says) {
  clearTimeout(timer);
  form.dataset.red = ok ? "yes" : "";
  shown(said, ok ? says : "");
  shown(waits, ok ? "" : `${says} ${waits.dataset.refused}`);
}

let trying = null;
function attempt() {
  trying ??= once().finally(() => {
    trying = null;
  });
  return trying;
}

async function once() {
  const mine = keep.key();
  const answer = await keep.send(byId("red-key").dataset.source, keep.body({ serial: keep.next() }));
  if (mine !== keep.key()) return answer; // the call was kept on this device meanwhile, and is sounded from there
  if (answer.problem) wait();
  else if (answer.data.code === "draft_elsewhere") {
    await keep.apart();
    wait();
  } else heard(answer.ok, answer.data.says);
  return answer;
}

// Before the call is saved: an answer that keeps it from being saved now, or null.
export async function before() {
  if (form.dataset.red !== "waiting") return null;
  const { problem = "failed" } = await attempt();
  return form.dataset.red === "waiting" ? { problem } : null;
}

async function sound() {
  if (place.value.trim()) {
    form.elements.settlement.value = place.value;
    form.elements.settlement_id.value = chosen;
  }
  dialog.close();
  form.elements.people.focus();
  form.dataset.red = "waiting";
  keep.changed();
  await attempt();
  keep.changed();
}

combo(place, byId("red-list"), {
  find: async (text) => {
    const answer = await keep.post(place.dataset.source, new URLSearchParams({ q: text }));
    return answer.data?.found ?? [];
  },
  choose: (option) => {
    place.value = option.name;
    chosen = option.id;
    sound();
  },
  onEnter: () => {
    sound();
    return true;
  },
});
place.addEventListener("input", () => {
  chosen = "";
});
byId("red-go").addEventListener("click", sound);
byId("red-no").addEventListener("click", () => dialog.close());
byId("red-key").addEventListener("click", open);

// What sounded from this device, of an earlier call or of this page before it was closed.
document.addEventListener("delivery", ({ detail }) => {
  if (!detail.sounded.length && !detail.silent) return;
  shown(said, detail.sounded.join(" "));
  shown(waits, detail.silent || form.dataset.red === "waiting" ? waits.dataset.waits : "");
});
// The next call: what was said of the last one goes; what has not sounded yet stays until it has.
document.addEventListener("fresh", () => {
  clearTimeout(timer);
  form.dataset.red = "";
  shown(said, "");
});

export function begin() {
  if (form.dataset.red === "waiting") wait();
}

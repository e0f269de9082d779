// Nothing typed is lost: to the server within two seconds, and on this device, encrypted, until the server has it.
import { beforeLeaving, deliver, fresh, opened, post, renew, send, soon } from "./deliver.js";
import * as vault from "./vault.js";

export { fresh, post, renew, send };

const form = document.querySelector("#desk");
const state = document.querySelector("#kept-state");
const SAVE_AFTER = 600;
const SAVE_AT_LEAST = 1500;
const RETRY = 2000;
const LATER = 5000;
const TOUCH = 15_000;
const HELD = { away: "local", failed: "failing", signedOut: "closed" };

let serial = 0;
let dirtySince = 0;
let timer = 0;
let saving = null;
let stopped = false;
let standing = "saved";
let lacking = false;
let hear = () => {};
export const touched = new Set();

export const field = (name) => form.elements[name];
export const key = () => field("key").value;

// "Saved" is said as what stands longer where something does: a colleague has the call, an earlier one was refused or
// waits on this device. "Pending" is what the server does not have yet.
export function say(name) {
  const shown = name === "saved" ? standing : name;
  state.textContent = state.dataset[shown];
  if (lacking && !vault.ready()) state.textContent += ` ${state.dataset.lacking}`;
  state.dataset.shown = shown;
}
function stand(name) {
  standing = name;
  say("saved");
}

export function body(extra = {}) {
  const typed = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(extra)) typed.set(name, value);
  return typed;
}

export function next() {
  serial = Math.max(serial + 1, Date.now());
  return serial;
}

// --- while it is typed ------------------------------------------------------------------------------------------------

export function changed(event) {
  if (event?.target.name) touched.add(event.target.name);
  if (stopped) return;
  dirtySince ||= Date.now();
  state.dataset.pending = "yes";
  clearTimeout(timer);
  const waited = Date.now() - dirtySince;
  timer = setTimeout(save, Math.max(0, Math.min(SAVE_AFTER, SAVE_AT_LEAST - waited)));
  keepSoon();
}

// A red key that has not sounded yet goes with the words, and sounds before the call is saved.
const keepHere = (submit = false) =>
  vault.put(key(), { serial: next(), body: body().toString(), submit, red: form.dataset.red === "waiting" });

let keeping = null;
function keepSoon() {
  keeping ??= setTimeout(() => {
    keeping = null;
    if (!stopped && dirtySince) keepHere();
  }, 200);
}

function save() {
  saving ??= attempt().finally(() => {
    saving = null;
  });
  return saving;
}

async function attempt() {
  if (stopped) return;
  clearTimeout(timer);
  const since = dirtySince;
  const mine = key();
  dirtySince = 0;
  const answer = await send(form.dataset.keep, body({ serial: next() }));
  if (stopped || mine !== key()) return;
  if (answer.problem) await away(answer, since);
  else if (answer.data.code === "draft_elsewhere") await apart();
  else if (!answer.ok) await tooMuch(answer, since);
  else await kept(answer.data, mine);
}

async function kept(data, mine) {
  if (!dirtySince && form.dataset.red !== "waiting") await vault.drop(mine);
  say(data.ended ? "ended" : "saved");
  hear(data);
  if (state.dataset.wasAway) deliver();
  delete state.dataset.wasAway;
  if (dirtySince) changed();
  else delete state.dataset.pending;
}

async function away({ problem }, since) {
  dirtySince ||= since || Date.now();
  const here = await keepHere();
  if (stopped) return;
  say(here ? HELD[problem] : "memory");
  state.dataset.wasAway = "yes";
  clearTimeout(timer);
  timer = setTimeout(save, problem === "away" ? RETRY : LATER);
}

// The server does not take what is typed; it is said why, and tried again when something else is typed.
async function tooMuch({ data }, since) {
  dirtySince ||= since || Date.now();
  await keepHere();
  say("refusedWords");
  state.textContent = data.says;
}

// A colleague has gone on with this call: what is typed from here on is a call of one's own.
export async function apart() {
  const before = key();
  field("key").value = fresh();
  history.replaceState(null, "", form.action);
  stand("elsewhere");
  await keepHere();
  await vault.drop(before);
  changed();
}

// --- saved for good ---------------------------------------------------------------------------------------------------

// Saved while the server was away: this device holds the call until it is delivered.
export async function queue() {
  const here = await keepHere(true);
  if (here) soon();
  return here;
}

export const stop = () => {
  stopped = true;
  clearTimeout(timer);
};
export const go = () => {
  stopped = false;
  dirtySince = 0;
  delete state.dataset.pending;
};
export const saved = () => vault.drop(key());

// The page is free for the next call.
export function begun() {
  touched.clear();
  go();
  stand("queued");
}

document.addEventListener("delivery", ({ detail }) => {
  if (detail.refused) stand("refused");
  else if (!detail.left && standing === "queued") stand("saved");
});

// Everything stands on the server: asked before a sign-out.
beforeLeaving(async () => {
  if (!stopped && (dirtySince || saving)) await save();
  if (!stopped && dirtySince) await save();
  return !dirtySince;
});

// --- the page is still there ------------------------------------------------------------------------------------------

export async function touch() {
  if (stopped || !serial) return;
  if (dirtySince) await save();
  const answer = await post(form.dataset.touch, new URLSearchParams({ key: key() }));
  if (answer.ok) hear(answer.data);
}

function pulse() {
  const worker = new Worker(form.dataset.pulse);
  worker.onmessage = touch;
  worker.onerror = () => setInterval(touch, TOUCH);
}

export async function begin(boot, onAnswer) {
  hear = onAnswer;
  serial = boot.serial;
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  pulse();
  lacking = !(await opened);
  if (lacking) say(state.dataset.shown ?? "lacking");
  const mine = (await vault.all()).find(({ name }) => name === key())?.entry;
  // This page's own words that never reached the server are newer than what it sent us.
  if (!mine || mine.serial <= boot.serial) return null;
  if (mine.red) form.dataset.red = "waiting";
  return [...new URLSearchParams(mine.body)];
}

// On every page of somebody with a desk: what this device kept goes to the server, and nobody signs out over it.
import * as vault from "./vault.js";

const page = document.querySelector("#live").dataset;
const notice = document.querySelector("#undelivered");
const RETRY = 2000;
const LATER = 10_000;
const ANSWER = 15_000;
const NOBODY = new Set([502, 503, 504]);

export const fresh = () => crypto.randomUUID().replaceAll("-", "");
// The call on this page is delivered by the page itself, as long as it is being typed.
const own = () => document.querySelector("#desk [name=key]")?.value;
const tokens = () => document.querySelectorAll("[name=csrfmiddlewaretoken]");

export function tell(name, text = notice.dataset[name]) {
  notice.textContent = text ?? "";
  notice.dataset.shown = name;
  notice.hidden = !text;
}

// --- asking the server ----------------------------------------------------------------------------------------------

// An answer in JSON, or why there is none: nobody answers ("away"), the server broke on it ("failed"), "signedOut".
export async function post(address, typed) {
  typed.set("csrfmiddlewaretoken", tokens()[0].value);
  const headers = { Accept: "application/json" };
  const answer = await fetch(address, { method: "POST", body: typed, headers, signal: AbortSignal.timeout(ANSWER) }).catch(() => null);
  if (!answer || NOBODY.has(answer.status)) return { problem: "away" };
  if (answer.status >= 500) return { problem: "failed" };
  if (answer.redirected || !answer.headers.get("Content-Type")?.startsWith("application/json")) return { problem: "signedOut" };
  const data = await answer.json().catch(() => null);
  return data ? { status: answer.status, ok: answer.ok, data } : { problem: "away" };
}

// Signed in again in another tab: take the new token and the new key. True when the page may go on, as who it was.
export async function renew() {
  const answer = await fetch(page.desk, { signal: AbortSignal.timeout(ANSWER) }).catch(() => null);
  if (!answer?.ok || answer.redirected) return false;
  const now = new DOMParser().parseFromString(await answer.text(), "text/html");
  const { user, vault: secret } = now.querySelector("#live")?.dataset ?? {};
  if (user !== page.user) return false;
  const token = now.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const field of tokens()) field.value = token;
  if (secret !== page.vault || !vault.ready()) await vault.open(user, secret);
  page.vault = secret;
  return true;
}

// The same, once more with a new token where the first was an older session's.
export async function send(address, typed) {
  const answer = await post(address, typed);
  if (answer.problem !== "signedOut" || !(await renew())) return answer;
  const second = await post(address, typed);
  return second.problem === "signedOut" ? { problem: "failed" } : second;
}

// --- one entry --------------------------------------------------------------------------------------------------------

// Nobody takes these words under their key any more: they go on under a fresh one, as a draft of one's own.
async function apart({ name, iv, entry }, told, continues = "") {
  const key = fresh();
  const body = new URLSearchParams(entry.body);
  body.set("key", key);
  if (continues) body.set("continues", continues);
  const words = { ...entry, body: body.toString(), submit: false, refused: entry.submit || entry.refused };
  if (!(await vault.put(key, words))) return "failed";
  await vault.drop(name, iv);
  return again(key, told);
}

async function again(name, told) {
  const found = (await vault.all()).find((one) => one.name === name);
  return found ? one(found, told) : "";
}

// The server has the words but not the call: it stands under the unfinished ones until somebody mends it.
async function unsaved({ name, entry }, told) {
  const kept = await vault.put(name, { ...entry, submit: false, refused: true, serial: entry.serial + 1 });
  return kept ? again(name, told) : "failed";
}

async function sound({ name, entry }, typed, told) {
  const heard = await send(page.red, typed);
  if (heard.problem) return heard.problem;
  told.sounded.push(heard.data.says);
  return (await vault.put(name, { ...entry, red: false })) ? again(name, told) : "failed";
}

// Deliver one entry; why it stays where it does: "away", "signedOut", "failed", "kept" (not even a draft), or "".
async function one(item, told) {
  const { name, iv, entry } = item;
  const typed = new URLSearchParams(entry.body);
  typed.set("serial", entry.serial);
  if (entry.refused) typed.set("refused", "1");
  const kept = await send(page.keep, typed);
  if (kept.problem) return kept.problem;
  if (kept.data.code === "draft_elsewhere") return apart(item, told);
  if (!kept.ok) return "kept";
  if (entry.red) return sound(item, typed, told);
  if (entry.submit) {
    const saved = await send(page.desk, new URLSearchParams(entry.body));
    if (saved.problem) return saved.problem;
    if (!saved.data.saved) return kept.data.ended ? apart(item, told, saved.data.recorded) : unsaved(item, told);
  }
  told.refused += entry.refused ? 1 : 0;
  await vault.drop(name, iv);
  return "";
}

// --- all of them ------------------------------------------------------------------------------------------------------

async function work() {
  const told = { refused: 0, silent: 0, sounded: [], problems: new Set() };
  for (const item of await vault.all()) {
    if (item.name === own() && !item.entry.submit) continue;
    const problem = await one(item, told);
    if (problem) told.problems.add(problem);
    if (problem && item.entry.red) told.silent += 1;
    if (problem === "away" || problem === "signedOut") break; // nobody answers: the others would wait as long
  }
  return told;
}

// One page at a time; null when another one is at it.
const alone = (patient) =>
  navigator.locks ? navigator.locks.request("hotline-deliver", { ifAvailable: !patient }, (lock) => (lock ? work() : null)) : work();

// What pages without a form of a call say of it.
function elsewhere({ refused, silent, sounded }) {
  if (silent) tell("silent");
  else if (sounded.length) tell("sounded", sounded.join(" "));
  else if (refused) tell("refused");
}

let timer = 0;
export async function deliver(patient = false) {
  clearTimeout(timer);
  const told = await alone(patient);
  const left = (await vault.names()).filter((name) => name !== own()).length;
  const hopeless = told?.problems.size === 1 && told.problems.has("kept");
  if (left && !hopeless) soon(!told || told.problems.has("away") ? RETRY : LATER);
  if (!left && notice.dataset.shown === "left") tell("");
  if (told && !own()) elsewhere(told);
  document.dispatchEvent(new CustomEvent("delivery", { detail: { refused: 0, silent: 0, sounded: [], ...told, left } }));
  return left;
}

export function soon(after = RETRY) {
  clearTimeout(timer);
  timer = setTimeout(deliver, after);
}

// --- signing out ------------------------------------------------------------------------------------------------------

const flushes = [];
// Asked before a sign-out; says whether the server has everything.
export const beforeLeaving = (flush) => flushes.push(flush);

async function undelivered() {
  const flushed = await Promise.all(flushes.map((flush) => flush()));
  await deliver(true);
  return flushed.includes(false) || (await vault.names()).length > 0;
}

// Nothing is forgotten before the server has ended the session: only then can nobody open it any more.
async function leave(out, mayRenew = true) {
  const warned = notice.dataset.shown === "left";
  if ((await undelivered()) && !warned) return tell("left");
  const typed = new URLSearchParams(new FormData(out));
  const answer = await fetch(out.action, { method: "POST", body: typed, redirect: "manual" }).catch(() => null);
  if (!answer || answer.status >= 500) return tell("away");
  if (answer.type === "opaqueredirect") await vault.forget();
  else if (mayRenew && (await renew())) return leave(out, false);
  return location.assign(page.login);
}

for (const out of document.querySelectorAll("form[action*='logout']")) {
  out.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = out.querySelector("button");
    button.disabled = true;
    await leave(out);
    button.disabled = false;
  });
}

export const opened = vault.open(page.user, page.vault);
opened.then(() => deliver());

// The list and every unsent word, sealed under a code that stands on paper. The key is made from it, lives in memory
// and is gone with the page, so a phone that is found holds nothing that can be read.
import * as code from "./code.js";
import * as store from "./store.js";

const ROUNDS = 600_000;
const KNOWN = "opens";
let open = null;

const bytes = (text) => new TextEncoder().encode(text);

async function derive(typed, head) {
  const raw = await crypto.subtle.importKey("raw", bytes(code.plain(typed)), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: head.salt, iterations: head.rounds };
  return crypto.subtle.deriveKey(how, raw, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

async function seal(key, name, value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const how = { name: "AES-GCM", iv, additionalData: bytes(name) };
  return { iv, data: await crypto.subtle.encrypt(how, key, bytes(JSON.stringify(value))) };
}

async function unseal(key, name, sealed) {
  const how = { name: "AES-GCM", iv: sealed.iv, additionalData: bytes(name) };
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, sealed.data)));
}

// --- time ------------------------------------------------------------------------------------------------------------

// A clock that was turned back does not lengthen the life of a list: the later of both counts.
export const latest = (head) => Math.max(Date.now(), head.seen + Math.max(0, Date.now() - head.at));
export const isOver = (head) => latest(head) >= head.expires;

async function save(head) {
  await store.run("readwrite", ["heads"], (heads) => heads.put(head, head.device));
}

export async function tick(seen = 0) {
  if (!open) return;
  const now = Math.max(latest(open.head), seen);
  open.head = { ...open.head, seen: now, at: Date.now() };
  await save(open.head);
}

// --- taking, opening, closing ---------------------------------------------------------------------------------------

export async function take(convoy, device, bundle) {
  const typed = code.make();
  const head = { convoy, device, salt: crypto.getRandomValues(new Uint8Array(16)), rounds: ROUNDS, order: 0 };
  head.seen = Date.parse(bundle.now);
  head.at = head.taken = Date.now();
  head.expires = Date.parse(bundle.expires_at);
  const key = await derive(typed, head);
  head.check = await seal(key, `check/${device}`, KNOWN);
  const sealed = await seal(key, `list/${device}`, bundle);
  await store.run("readwrite", ["heads", "lists"], (heads, lists) => {
    heads.put(head, device);
    lists.put(sealed, device);
  });
  open = { key, head };
  return code.shown(typed);
}

// All lists that were taken of this convoy, the newest first; what is over is deleted on the way.
export async function taken(convoy) {
  const found = (await store.heads()).filter((head) => head.convoy === convoy).sort((a, b) => b.taken - a.taken);
  const left = [];
  for (const head of found) {
    if (isOver(head)) await store.dropList(head.device);
    const waiting = await store.countWords(head.device);
    const listed = Boolean(await store.list(head.device));
    if (waiting || listed) left.push({ head, waiting, listed });
    else await store.dropAll(head.device);
  }
  return left;
}

// The list that this code opens, or null. Each has its own salt, so each is tried.
export async function unlock(convoy, typed) {
  for (const { head, listed } of await taken(convoy)) {
    const key = await derive(typed, head);
    const right = await unseal(key, `check/${head.device}`, head.check).catch(() => null);
    if (right !== KNOWN) continue;
    open = { key, head };
    const sealed = listed ? await store.list(head.device) : null;
    return { device: head.device, bundle: sealed ? await unseal(key, `list/${head.device}`, sealed) : null, words: await words() };
  }
  return null;
}

export const lock = () => {
  open = null;
};
export const device = () => open?.head.device;
export const over = () => !open || isOver(open.head);
export const clock = () => (open ? latest(open.head) : Date.now());

// --- the list and the words ------------------------------------------------------------------------------------------

export async function keepList(bundle) {
  if (!open) return;
  const { key, head } = open;
  const sealed = await seal(key, `list/${head.device}`, bundle);
  open.head.expires = Date.parse(bundle.expires_at);
  await store.run("readwrite", ["heads", "lists"], (heads, lists) => {
    heads.put(open?.head ?? head, head.device);
    lists.put(sealed, head.device);
  });
}

export const forgetList = async () => open && store.dropList(open.head.device);

// The next number of this device; it is kept with the first word that bears it.
export function next() {
  open.head.order += 1;
  return open.head.order;
}

export async function keepWord(word) {
  const { key, head } = open;
  const name = `${head.device}/${word.entry.uid}`;
  const sealed = await seal(key, name, word);
  await store.run("readwrite", ["heads", "words"], (heads, kept) => {
    heads.put(head, head.device);
    kept.put(sealed, name);
  });
}

export async function dropWords(uids) {
  const { head } = open ?? {};
  if (!head) return;
  await store.run("readwrite", ["words"], (kept) => {
    for (const uid of uids) kept.delete(`${head.device}/${uid}`);
  });
}

async function words() {
  const found = [];
  for (const { key: name, value } of await store.wordsOf(open.head.device)) found.push(await unseal(open.key, name, value));
  return found.sort((a, b) => a.entry.order - b.entry.order);
}

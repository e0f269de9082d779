// What the server could not take yet, kept on this device as ciphertext. The key comes from the server's session and
// lives in memory; after a sign-out the server releases another, so what was kept opens for nobody.
const STORE = "kept";
const PATIENCE = 1000;
let me = "";
let key = null;
let opened = null;
let last = Promise.resolve();

const possible = () => Boolean(globalThis.crypto?.subtle && globalThis.indexedDB);
const bytes = (text) => new TextEncoder().encode(text);
const bounded = (asked) => Promise.race([asked, new Promise((done) => setTimeout(done, PATIENCE))]);

// Whether this browser keeps anything: not without a store, and not while another page holds a store that must go.
export const ready = () => opened !== null;

function close() {
  opened?.close();
  opened = null;
}

function adopt(store) {
  if (!key) return store.close(); // signed out while it was opened
  opened = store;
  store.onclose = store.onversionchange = () => {
    store.close();
    if (opened === store) opened = null;
  };
  return undefined;
}

export async function open(user, secret) {
  if (!possible()) return false;
  close();
  me = user;
  const raw = Uint8Array.from(atob(secret), (letter) => letter.charCodeAt(0));
  key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  await bounded(
    new Promise((done) => {
      const asked = indexedDB.open(`hotline-${user}`, 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
      asked.onsuccess = () => done(adopt(asked.result));
      asked.onerror = asked.onblocked = () => done();
    }),
  ).catch(() => null);
  return ready();
}

// One piece of work in a transaction of its own; null where there is no store, or it has no room.
function run(mode, work) {
  return new Promise((done) => {
    try {
      const transaction = opened.transaction(STORE, mode);
      const asked = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(asked.result);
      transaction.onabort = () => done(null);
    } catch {
      done(null);
    }
  });
}

async function seal(name, entry) {
  if (!opened) return false;
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bytes(name) }, key, bytes(JSON.stringify(entry)));
  return (await run("readwrite", (store) => store.put({ iv, data }, name))) !== null;
}

// One after the other: what was said last is what stands.
export function put(name, entry) {
  last = last.then(() => seal(name, entry)).catch(() => false);
  return last;
}

// Forget an entry; with `iv` only if it is still the one that was read under it.
export function drop(name, iv = null) {
  last = last.then(() => remove(name, iv));
  return last;
}

function remove(name, iv) {
  return run("readwrite", (store) => {
    const asked = store.get(name);
    asked.onsuccess = () => {
      if (asked.result && (!iv || String(asked.result.iv) === String(iv))) store.delete(name);
    };
    return asked;
  });
}

export const names = async () => (await run("readonly", (store) => store.getAllKeys())) ?? [];

// Everything that opens under the key of now; what does not was somebody's before a sign-out, and goes.
export async function all() {
  const found = [];
  for (const name of await names()) {
    const sealed = await run("readonly", (store) => store.get(name));
    if (!sealed) continue;
    try {
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.iv, additionalData: bytes(name) }, key, sealed.data);
      found.push({ name, iv: sealed.iv, entry: JSON.parse(new TextDecoder().decode(plain)) });
    } catch {
      await remove(name, sealed.iv);
    }
  }
  return found;
}

export async function forget() {
  close();
  key = null;
  if (!possible() || !me) return;
  await bounded(
    new Promise((done) => {
      const asked = indexedDB.deleteDatabase(`hotline-${me}`);
      asked.onsuccess = asked.onerror = asked.onblocked = () => done();
    }),
  );
}

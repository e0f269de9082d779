// What lies on the phone: heads (salt and times of each list that was taken), lists and words, both only as ciphertext.
const NAME = "field";
const STORES = ["heads", "lists", "words"];
let opening = null;

export const possible = () => Boolean(globalThis.crypto?.subtle && globalThis.indexedDB);

function open() {
  opening ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      for (const store of STORES) asked.result.createObjectStore(store);
    };
    asked.onsuccess = () => {
      asked.result.onversionchange = asked.result.onclose = () => {
        asked.result.close();
        opening = null;
      };
      done(asked.result);
    };
    asked.onerror = asked.onblocked = () => failed(asked.error ?? new Error("blocked"));
  }).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

// One transaction over the named stores. It stands on the disk before this is done, not only in the browser's memory.
export async function run(mode, stores, work) {
  const base = await open();
  return new Promise((done, failed) => {
    const transaction = base.transaction(stores, mode, { durability: "strict" });
    const asked = work(...stores.map((name) => transaction.objectStore(name)));
    transaction.oncomplete = () => done(asked?.result);
    transaction.onabort = () => failed(transaction.error ?? new Error("aborted"));
  });
}

const rows = async (store, range) => {
  const found = [];
  await run("readonly", [store], (place) => {
    place.openCursor(range).onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      found.push({ key: cursor.key, value: cursor.value });
      cursor.continue();
    };
  });
  return found;
};

// Keys of words are "device/uid": all of one device stand side by side.
export const wordsOf = (device) => rows("words", IDBKeyRange.bound(`${device}/`, `${device}/\uffff`));
export const heads = async () => (await rows("heads")).map((row) => row.value);
export const list = (device) => run("readonly", ["lists"], (lists) => lists.get(device));
export const countWords = (device) =>
  run("readonly", ["words"], (words) => words.count(IDBKeyRange.bound(`${device}/`, `${device}/\uffff`)));

// The list goes; the head stays only while words wait under its code.
export async function dropList(device) {
  const waiting = await countWords(device);
  await run("readwrite", ["heads", "lists"], (all, lists) => {
    lists.delete(device);
    if (!waiting) all.delete(device);
  });
}

export async function dropLists() {
  if (!possible()) return;
  for (const head of await heads()) await dropList(head.device);
}

// Words whose code is lost open for nobody; somebody decided to let them go.
export const dropAll = (device) =>
  run("readwrite", ["heads", "lists", "words"], (all, lists, words) => {
    words.delete(IDBKeyRange.bound(`${device}/`, `${device}/\uffff`));
    lists.delete(device);
    all.delete(device);
  });

// This phone's day: the open list, the words that wait, and what both come to. Everything on the page asks here.
import * as server from "./sync.js";
import * as vault from "./vault.js";
import * as fold from "./words.js";

const BATCH = 200;
const OLD = 5 * 60_000;
const hears = new Set();
let sending = null;
export const root = document.querySelector("#field");
export const day = { device: "", bundle: null, words: [], view: null, network: "", detail: "", sent: null, messages: [] };

export const onChange = (hear) => hears.add(hear);
export function changed() {
  day.view = day.bundle ? fold.fold(day.bundle, day.words) : null;
  for (const hear of hears) hear();
}

export function begin(device, bundle, words) {
  Object.assign(day, { device, bundle, words, network: navigator.onLine ? "" : "away", detail: "", sent: bundle?.sent ?? null, messages: [] });
  changed();
}

export function end() {
  vault.lock();
  Object.assign(day, { device: "", bundle: null, words: [], view: null, network: "", detail: "", messages: [] });
}

// --- what is said ----------------------------------------------------------------------------------------------------

// One word, on the disk before it counts. Null where this phone could not keep it: then paper must.
export async function record(act, { seat = null, data = {}, takesBack = null } = {}) {
  if (!day.device) return null;
  const entry = { uid: crypto.randomUUID(), act, seat, at: new Date().toISOString(), order: vault.next(), takes_back: takesBack, data };
  const word = { entry, before: day.view ? fold.before(day.view, entry) : null };
  try {
    await vault.keepWord(word);
  } catch {
    document.dispatchEvent(new CustomEvent("unkept"));
    return null;
  }
  day.words.push(word);
  changed();
  return entry;
}

export const takeBack = (entry) => (entry.act === "walk_up" ? unsay(entry) : record("taken_back", { seat: entry.seat, takesBack: entry.uid }));

// A household that nobody has heard of yet leaves no trace. One that was sent is on the list: it is said of each person.
async function unsay(entry) {
  if (sending || !day.words.some((word) => word.entry.uid === entry.uid)) return null;
  day.words = day.words.filter((word) => word.entry.uid !== entry.uid);
  await vault.dropWords([entry.uid]);
  changed();
  return entry;
}

// --- to the server ---------------------------------------------------------------------------------------------------

export function sync(byHand = false) {
  sending ??= exchange(byHand).finally(() => {
    sending = null;
    changed();
  });
  return sending;
}

async function exchange(byHand) {
  if (!day.device || (!byHand && !day.words.length && !day.bundle?.stale)) return;
  const { device } = day;
  day.network = "sending";
  changed();
  let first = true;
  while (first || day.words.length) {
    first = false;
    const batch = day.words.slice(0, BATCH);
    const answer = await server.send(device, batch.map(({ entry }) => entry));
    if (device !== day.device) return; // locked meanwhile: the words are still on the phone
    if (answer.problem) return failed(answer);
    if (!(await taken(batch, answer.data))) break;
  }
  day.network = "";
  const aged = byHand && day.bundle && Date.now() - Date.parse(day.bundle.now) > OLD;
  if (day.bundle && (day.bundle.stale || aged)) await renew(device);
}

// The list first, then the words: dying in between sends them again, and they count once.
async function taken(batch, answer) {
  const done = new Set(answer.results.map(({ uid }) => uid));
  day.sent = Date.now();
  await vault.tick(Date.parse(answer.now));
  if (answer.revoked) await over();
  if (day.bundle) {
    day.bundle = fold.settle(day.bundle, batch, answer, day.sent);
    await vault.keepList(day.bundle);
  } else day.messages = fold.messages({ messages: day.messages }, batch, answer);
  await vault.dropWords(done);
  day.words = day.words.filter(({ entry }) => !done.has(entry.uid));
  changed();
  return done.size > 0;
}

async function failed({ problem, detail }) {
  day.network = problem;
  day.detail = detail ?? "";
  if (problem === "over") await over();
}

async function renew(device) {
  const answer = await server.bundle(device);
  if (device !== day.device) return;
  if (answer.problem) {
    await failed(answer);
    return;
  }
  day.bundle = fold.adopt(answer.data, day.bundle);
  await vault.keepList(day.bundle);
  await vault.tick(Date.parse(answer.data.now));
}

// The time of the list is over, or the phone was taken off the convoy: the list goes, the words stay.
export async function over() {
  day.messages = day.bundle?.messages ?? [];
  day.bundle = null;
  await vault.forgetList();
  changed();
}

export async function dismiss(uid) {
  const gone = (one) => one.uid !== uid;
  if (day.bundle) {
    day.bundle = { ...day.bundle, messages: (day.bundle.messages ?? []).filter(gone), dismissed: [...(day.bundle.dismissed ?? []), uid] };
    await vault.keepList(day.bundle);
  } else day.messages = day.messages.filter(gone);
  changed();
}

export const told = () => day.bundle?.messages ?? day.messages;

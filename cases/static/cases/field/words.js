// Where everybody stands: the list as the server last told it, and on top of it what this phone said since.
// Who was seen outweighs who was not, and how a way ended outweighs how it began, as on the server.
const STARTS = { boarded: "boarded", refused: "refused", turned_away: "released", no_show: "no_show" };
const ACCOUNTS = ["changed_vehicle", "hospitalised", "left_by_choice", "died", "taken_aside_at_check", "released_to", "returned"];
const ENDS = { arrived: "arrived", diverted: "diverted", ...Object.fromEntries(ACCOUNTS.map((act) => [act, "accounted"])) };
const CONVOY = { stop_left: "departed", halted: "halted", went_on: "departed", turned_back: "returned", dispersed: "dispersed", came: "arrived" };
const INCIDENTS = ["halted", "turned_back", "dispersed"];
export const AWAITED = ["held", "confirmed", "parked"];
// They have a place in the books, or the server's free places are without theirs.
const SITS = ["held", "confirmed", "boarded"];
export const ENDED = ["arrived", "diverted", "accounted"];
export const ON_THE_ROAD = ["departed", "halted", "arrived", "reconciled", "returned", "dispersed"];
const REMEMBERED = 10 * 60_000;

function onPerson(person, entry) {
  const { act } = entry;
  if (act === "helped") person.helped = true;
  else if (act === "present") person.present = entry.data.incident;
  else if (act === "missing") person.missing = person.status === "boarded";
  else if (act in ENDS) {
    person.status = ENDS[act];
    person.accounted_as = ACCOUNTS.includes(act) ? act : "";
    person.missing = false;
  } else if (act in STARTS && !ENDED.includes(person.status)) {
    if (act === "no_show" && person.status === "boarded" && person.said?.act !== "boarded") person.contested = true;
    else person.status = STARTS[act];
  }
  person.said = entry;
}

function onConvoy(view, entry) {
  view.status = CONVOY[entry.act];
  if (entry.act === "stop_left") view.left[entry.data.stop] = entry.data.count;
  if (INCIDENTS.includes(entry.act)) view.incident = { uid: entry.uid, kind: entry.act, at: entry.at };
  view.said = entry;
}

const undone = (view, seats, { entry, before }) => {
  const person = seats.get(entry.seat);
  if (person) Object.assign(person, before, { said: null });
  else if (before?.convoy) Object.assign(view, structuredClone(before.convoy), { said: null });
  else if (entry.act === "walk_up") view.walkUps = view.walkUps.filter((one) => one.uid !== entry.uid);
};

export function fold(bundle, words) {
  const view = { status: bundle.convoy.status, incident: bundle.open_incident, left: { ...bundle.left }, said: null };
  view.walkUps = [...(bundle.walk_ups ?? [])];
  view.households = bundle.households.map((home) => ({ ...home, people: home.people.map((one) => ({ ...one })) }));
  view.seats = new Map(view.households.flatMap((home) => home.people.map((one) => [one.seat, one])));
  const back = new Set(words.filter(({ entry }) => entry.act === "taken_back").map(({ entry }) => entry.takes_back));
  for (const word of (bundle.log ?? []).toReversed()) if (back.has(word.entry.uid)) undone(view, view.seats, word);
  for (const { entry } of words) {
    if (back.has(entry.uid) || entry.act === "taken_back") continue;
    if (entry.act in CONVOY) onConvoy(view, entry);
    else if (entry.act === "walk_up") view.walkUps.push({ uid: entry.uid, at: entry.at, ...entry.data });
    else if (view.seats.has(entry.seat)) onPerson(view.seats.get(entry.seat), entry);
  }
  return view;
}

// What a word would change, so that it can be undone after the server has it.
export function before(view, entry) {
  const person = view.seats.get(entry.seat);
  if (person) {
    const { status, accounted_as, missing, contested, helped, present } = person;
    return { status, accounted_as, missing, contested, helped, present };
  }
  const { status, incident, left } = view;
  return entry.act in CONVOY ? { convoy: structuredClone({ status, incident, left }) } : null;
}

export const everybody = (view) => view.households.flatMap((home) => home.people);
const riding = (view, stop) => view.walkUps.filter((one) => one.stop <= stop).reduce((sum, one) => sum + one.people.length, 0);

// How many are aboard when this stop is left; without a stop, now.
export function aboard(view, stop = Infinity) {
  const homes = view.households.filter((home) => home.stop <= stop);
  return homes.flatMap((home) => home.people).filter((one) => one.status === "boarded").length + riding(view, stop);
}

export function counts(view) {
  const all = everybody(view);
  const of = (...statuses) => all.filter((one) => statuses.includes(one.status)).length;
  const here = aboard(view);
  const waiting = of(...AWAITED);
  const ended = of(...ENDED);
  const taken = (kind) => all.filter((one) => one.kind === kind && one.status === "boarded").length;
  const wanted = (kind) => all.filter((one) => one.kind === kind && [...AWAITED, "boarded"].includes(one.status)).length;
  const kinds = ["wheelchair", "stretcher"].map((kind) => [kind, taken(kind), wanted(kind)]);
  const unwilling = of("refused", "released");
  return { aboard: here, all: here + waiting, waiting, ended, came: here + ended, absent: of("no_show"), unwilling, kinds };
}

// Free places on each leg from a stop to the end, less what was taken along here and the server has not counted yet.
export function free(bundle, view, stop) {
  const legs = bundle.free.filter((leg) => leg.seq >= stop);
  const fresh = uncounted(bundle, view);
  const least = (kind) => Math.min(...legs.map((leg) => leg[kind] - usedBy(fresh, kind, leg.seq)));
  return Object.fromEntries(["seats", "wheelchairs", "stretchers", "animals", "luggage"].map((kind) => [kind, Math.max(0, legs.length ? least(kind) : 0)]));
}

// Who turned up, and who was let on without having a place.
function uncounted(bundle, view) {
  const told = new Set((bundle.walk_ups ?? []).map(({ uid }) => uid));
  const had = new Set(bundle.households.flatMap((home) => home.people).filter((one) => SITS.includes(one.status)).map(({ seat }) => seat));
  const homes = view.households.map(({ stop, to, animals, luggage, people }) => {
    const brings = !people.some(({ seat }) => had.has(seat));
    const here = people.filter((one) => one.status === "boarded" && !had.has(one.seat));
    return { stop, to, people: here, animals: brings ? animals : 0, luggage: brings ? luggage : 0 };
  });
  return [...view.walkUps.filter(({ uid }) => !told.has(uid)), ...homes.filter(({ people }) => people.length)];
}

function usedBy(fresh, kind, seq) {
  const places = fresh.filter(({ stop, to = Infinity }) => stop <= seq && seq < to);
  if (kind === "animals" || kind === "luggage") return places.reduce((sum, one) => sum + one[kind], 0);
  return places.flatMap((one) => one.people).filter((one) => `${one.kind}s` === kind).length;
}

// --- what the server answered ----------------------------------------------------------------------------------------

// The list after a sync: what the server took is part of it now, and the server's word about each person is the last.
export function settle(bundle, words, answer, sent) {
  const done = new Set(answer.results.map((result) => result.uid));
  const taken = words.filter(({ entry }) => done.has(entry.uid));
  const refused = new Set(answer.results.filter(({ outcome }) => outcome === "refused").map(({ uid }) => uid));
  const view = fold(bundle, taken.filter(({ entry }) => !refused.has(entry.uid)));
  const told = new Map(answer.people.map((one) => [one.seat, one]));
  const people = (home) => home.people.map(({ said, ...one }) => ({ ...one, ...told.get(one.seat) }));
  const fresh = (bundle.log ?? []).concat(taken).filter(({ entry }) => Date.parse(entry.at) > Date.now() - REMEMBERED);
  return {
    ...bundle,
    convoy: { ...bundle.convoy, status: answer.convoy.status },
    open_incident: answer.open_incident,
    free: answer.free,
    free_at: answer.now,
    households: view.households.map((home) => ({ ...home, people: people(home) })),
    walk_ups: view.walkUps,
    left: view.left,
    log: fresh.filter(({ entry }) => entry.act !== "taken_back"),
    messages: messages(bundle, words, answer),
    stale: bundle.stale || bundle.manifest !== answer.manifest || taken.some(({ entry }) => entry.act === "walk_up"),
    sent,
  };
}

export function messages(bundle, words, answer) {
  const dismissed = bundle?.dismissed ?? [];
  const of = new Map(words.map(({ entry }) => [entry.uid, entry]));
  const earlier = new Map((bundle?.messages ?? []).map((one) => [one.uid, one]));
  const refused = answer.results.filter((one) => one.outcome === "refused");
  const told = [...refused, ...answer.waiting.map((one) => ({ ...one, outcome: "waiting" }))];
  const kept = [...earlier.values()].filter((one) => one.outcome === "refused" && !told.some(({ uid }) => uid === one.uid));
  const fresh = told.map(({ uid, outcome, code, say }) => {
    const { act, seat, at } = of.get(uid) ?? earlier.get(uid) ?? {};
    return { uid, outcome, code, say, act, seat, at };
  });
  return [...kept, ...fresh].filter(({ uid }) => !dismissed.includes(uid));
}

// A newer list: what only this phone knows goes over to it.
export function adopt(fresh, old) {
  const known = new Map(old.households.flatMap((home) => home.people).map((one) => [one.seat, one]));
  const carry = (one) => ({ ...one, helped: known.get(one.seat)?.helped, present: known.get(one.seat)?.present });
  const households = fresh.households.map((home) => ({ ...home, people: home.people.map(carry) }));
  const { log, messages: kept, dismissed, left, sent } = old;
  return { ...fresh, households, log, messages: kept, dismissed, left, sent, stale: false };
}

// In which words a person and a household stand; and whether this team boards or receives just now.
import { day } from "./day.js";
import { label, piece, say } from "./say.js";
import { AWAITED, ENDED, ON_THE_ROAD } from "./words.js";

export const clone = piece;
let chosen = "";

export function mode() {
  if (chosen) return chosen;
  const receives = day.bundle.duties.length > 0 && day.bundle.duties.every((duty) => duty === "arrival");
  return receives || ON_THE_ROAD.includes(day.view.status) ? "arrival" : "boarding";
}
export const setMode = (name) => {
  chosen = name;
};

export const nameOf = (person) => person.name || say("person", { n: person.no });

// A word, a shape and a colour; never the colour alone.
export function personState(person) {
  if (person.missing) return { text: say("missing"), kind: "p1" };
  if (person.status === "boarded") return { text: `✓ ${label("act", "boarded")}`, kind: "ok" };
  if (person.status === "accounted") return { text: `✓ ${label("act", person.accounted_as)}`, kind: "ok" };
  if (ENDED.includes(person.status)) return { text: `✓ ${label("act", person.status)}`, kind: "ok" };
  if (AWAITED.includes(person.status)) return { text: say("to_come"), kind: "p4" };
  return { text: `– ${label("act", person.status === "released" ? "turned_away" : person.status)}`, kind: "p2" };
}

export function homeState(home) {
  const of = (...statuses) => home.people.filter((one) => statuses.includes(one.status)).length;
  const [aboard, ended, awaited] = [of("boarded"), of(...ENDED), of(...AWAITED)];
  if (home.people.some((one) => one.missing || one.contested)) return { text: say("look"), kind: "p1" };
  if (ended && !aboard && !awaited) return { text: say("all_ended"), kind: "ok" };
  if (ended) return { text: say("part_ended", { n: ended, all: ended + aboard }), kind: "p3" };
  if (aboard && !awaited) return { text: say("all_aboard"), kind: "ok" };
  if (aboard) return { text: say("part_aboard", { n: aboard, all: aboard + awaited }), kind: "p3" };
  return awaited ? { text: say("to_come"), kind: "p4" } : { text: say("nobody_goes"), kind: "p2" };
}

export function facts(person) {
  const parts = [person.band ? say("years", { band: label("band", person.band) }) : "", person.minor ? say("minor") : ""];
  parts.push(label("kind", person.kind));
  if (person.mobility && person.mobility !== "walks" && person.mobility !== person.kind) parts.push(label("mobility", person.mobility));
  return parts.filter(Boolean).join(" · ");
}

export function size(home) {
  const parts = [home.turn ? say("turn", { n: home.turn }) : "", say("people", { n: home.people.length })];
  for (const what of ["animals", "luggage"]) if (home[what]) parts.push(say(what, { n: home[what] }));
  if (home.apart) parts.push(say("apart"));
  return parts.filter(Boolean).join(" · ");
}

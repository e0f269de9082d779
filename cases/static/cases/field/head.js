// Where we are: the convoy, how many are aboard, whether the network is there.
import { day, root, told } from "./day.js";
import { clock, label, put, say } from "./say.js";
import { counts, ON_THE_ROAD } from "./words.js";

const ARROWS = { ukraine: "→", russia: "←" };
const FAILED = ["away", "signedOut", "refused", "over"];
export const way = () => label("direction", day.bundle.convoy.direction);

export function showHead() {
  net();
  if (!day.bundle) return;
  const { convoy, marshal, stops } = day.bundle;
  const sums = counts(day.view);
  const road = ON_THE_ROAD.includes(day.view.status);
  const [n, all] = road && sums.ended ? [sums.ended, sums.came] : [sums.aboard, sums.all];
  const said = { arrow: ARROWS[convoy.direction] ?? "", direction: way(), status: label("convoy", day.view.status) };
  put(root, {
    title: convoy.title,
    way: convoy.departs_at ? say("way", { ...said, at: clock(convoy.departs_at) }) : say("way_open", said),
    aboard: say(road && sums.ended ? "received" : "aboard", { n, all }),
    rest: rest(sums),
    stay: marshal ? say("stay", { stop: stops.find((stop) => stop.seq === marshal.seq)?.name ?? "", at: clock(marshal.until) }) : "",
  });
  const bar = document.querySelector("#filled");
  bar.max = Math.max(1, all);
  bar.value = n;
}

function rest(sums) {
  const kinds = sums.kinds.filter(([, , all]) => all).map(([kind, n, all]) => say("kind_of", { kind: label("kind", kind), n, all }));
  if (sums.absent) kinds.push(say("absent", { n: sums.absent }));
  if (sums.unwilling) kinds.push(say("unwilling", { n: sums.unwilling }));
  const strangers = day.view.walkUps.reduce((sum, one) => sum + one.people.length, 0);
  if (strangers) kinds.push(say("welcome", { n: strangers }));
  return kinds.join(" · ");
}

function net() {
  const n = day.words.length;
  put(root, { net: network(n), told: say("messages", { n: told().length }) });
  const state = FAILED.includes(day.network) || n ? "wait" : "fine";
  root.querySelector(".f-net").dataset.state = state;
  document.querySelector("#sign-in").hidden = day.network !== "signedOut";
  document.querySelector("#told").hidden = told().length === 0;
  document.querySelector("#sync").disabled = day.network === "sending";
}

function network(n) {
  if (day.network === "away") return say(n ? "away" : "away_none", { n });
  if (day.network === "sending") return say("sending");
  if (FAILED.includes(day.network)) return say(day.network, { n, why: day.detail });
  if (n) return say("waiting", { n });
  return day.sent ? say("sent", { at: clock(day.sent) }) : say("fresh");
}

// The page as a whole: which gate stands open, the head, the parts, the clockwork. All texts come from the templates.
import * as code from "./code.js";
import { begin, changed, day, end, onChange, over, root, sync } from "./day.js";
import { showHead } from "./head.js";
import "./leave.js";
import "./messages.js";
import "./people.js";
import "./road.js";
import { go, screen } from "./screens.js";
import { inZone, put, say } from "./say.js";
import * as store from "./store.js";
import * as server from "./sync.js";
import * as vault from "./vault.js";
import "./walk_up.js";
import { keepShell } from "./worker.js";

const { convoy } = root.dataset;
const IDLE = 10 * 60_000;
const BEAT = 5000;
const SYNC = 30_000;
const $ = (id) => document.getElementById(id);
let touched = Date.now();
let tried = Date.now();

function warn(place, text) {
  place.textContent = text;
  place.hidden = !text;
}

// --- gates -----------------------------------------------------------------------------------------------------------

// Which gate stands before what lies on this phone.
async function gate(why = "") {
  const taken = await vault.taken(convoy);
  const waiting = taken.reduce((sum, one) => sum + one.waiting, 0);
  put(root, { locked: [why, waiting ? say("locked", { n: waiting }) : ""].filter(Boolean).join(" ") });
  go(taken.length ? "unlock" : "take");
  if (taken.length) $("code").focus();
}

// What was read or typed here stays in no corner of the page.
function wipe() {
  for (const place of root.querySelectorAll("[data-put], #aloud")) place.textContent = "";
  for (const place of root.querySelectorAll("#list, #members, #together, #roll-list, #messages, #newcomers, select")) place.replaceChildren();
  for (const form of root.querySelectorAll("form:not(.f-out)")) form.reset();
  for (const warning of root.querySelectorAll(".f-warn")) warn(warning, "");
}

async function lock(why = "") {
  end();
  $("code").value = "";
  document.dispatchEvent(new CustomEvent("locked"));
  wipe();
  await gate(why);
}

async function take(button, error) {
  warn(error, "");
  button.disabled = true;
  const answer = await server.take();
  if (answer.problem) warn(error, answer.detail || say(`take_${answer.problem}`) || say("take_away"));
  else await keep(answer.data).catch(() => warn(error, say("take_failed")));
  button.disabled = false;
}

async function keep({ device, bundle }) {
  const before = (await vault.taken(convoy)).map(({ head }) => head.device);
  const typed = await vault.take(convoy, device, bundle);
  for (const old of before) await store.dropList(old);
  inZone(bundle.convoy.zone);
  begin(device, bundle, []);
  put(root, { code: typed });
  go("code");
}

async function unlock(event) {
  event.preventDefault();
  const error = $("code-error");
  if (!code.whole($("code").value)) return warn(error, say("short_code"));
  warn(error, say("opening"));
  const found = await vault.unlock(convoy, $("code").value);
  if (!found) return warn(error, say("wrong_code"));
  warn(error, "");
  $("code").value = "";
  touched = Date.now();
  if (found.bundle) inZone(found.bundle.convoy.zone);
  begin(found.device, found.bundle, found.words);
  go(found.bundle ? "people" : "gone");
  sync();
}

$("take").addEventListener("click", ({ target }) => take(target, $("take-error")));
$("take-again").addEventListener("click", ({ target }) => take(target, $("take-again-error")));
$("fresh").addEventListener("click", ({ target }) => take(target, $("fresh-error")));
$("unlock").addEventListener("submit", unlock);
$("lock").addEventListener("click", () => lock());
$("sync").addEventListener("click", () => sync(true));
$("written").addEventListener("click", () => {
  put(root, { code: "" });
  go("people");
});
for (const button of document.querySelectorAll("[data-go]")) button.addEventListener("click", () => go(day.bundle || button.dataset.go === "messages" ? button.dataset.go : "gone"));

// --- what shows ------------------------------------------------------------------------------------------------------

onChange(() => {
  if (!day.device) return;
  showHead();
  put(root, { waiting: say("waits", { n: day.words.length }) });
  if (!day.bundle && !["gone", "messages"].includes(screen())) go("gone");
});

// --- the clockwork ---------------------------------------------------------------------------------------------------

async function beat() {
  if (!day.device) return;
  await vault.tick();
  if (day.bundle && vault.over()) await over();
  if (Date.now() - touched > IDLE) return void (await lock(say("idle")));
  if (Date.now() - tried < SYNC) return;
  tried = Date.now();
  if (day.words.length || day.bundle?.stale) sync();
}

for (const kind of ["pointerdown", "keydown"]) {
  document.addEventListener(kind, () => {
    touched = Date.now();
  });
}
setInterval(beat, BEAT);
document.addEventListener("visibilitychange", beat);
addEventListener("online", () => (day.device ? sync() : null));
addEventListener("offline", () => {
  if (!day.device) return;
  day.network = "away";
  changed();
});

if (!store.possible()) go("none");
else gate().catch(() => go("none"));
keepShell();

// What every page hears: rings, alarms, presence, counts. Over the stream where there is one; else it asks every 4 s.
const bar = document.querySelector("#live");
const POLL = 4000;
const listeners = new Set();
let now = null;
let streaming = false;
let source = null;
let timer = 0;

export const onLive = (hear) => {
  listeners.add(hear);
  if (now) hear(now, null);
};

const csrf = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

async function ask() {
  const answer = await fetch(bar.dataset.source, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer || !answer.ok) return null;
  now = await answer.json();
  show(null);
  return now;
}

function show(event) {
  for (const hear of listeners) hear(now, event);
  counts();
  sound();
}

async function again() {
  clearTimeout(timer);
  const state = await ask();
  if (state && !source) stream(state.ticket);
  timer = setTimeout(again, streaming ? 60_000 : POLL);
}

// A change that nobody waits for is asked about a little later, and not by all pages at once.
let soon = 0;
function later() {
  clearTimeout(soon);
  soon = setTimeout(ask, 400 + Math.random() * 2000);
}

function stream(ticket) {
  source = new EventSource(`/events/?ticket=${encodeURIComponent(ticket)}`);
  const stop = () => {
    source?.close();
    source = null;
    streaming = false;
    clearTimeout(timer);
    timer = setTimeout(again, 1000 + Math.random() * 1000);
  };
  const on = (name, hear) => source.addEventListener(name, (event) => hear(JSON.parse(event.data)));
  source.onerror = stop;
  on("ready", () => {
    if (!streaming) ask(); // what happened before we listened
    streaming = true;
  });
  on("away", () => {
    streaming = false;
    clearTimeout(timer);
    timer = setTimeout(again, POLL);
  });
  on("ring", (ring) => {
    if (!now || now.rings.some((one) => one.uid === ring.uid)) return;
    now.rings.push(ring);
    show({ name: "ring", data: ring });
  });
  on("ring_gone", (gone) => {
    if (!now) return;
    now.rings = now.rings.filter((one) => one.uid !== gone.uid);
    show({ name: "ring_gone", data: gone });
  });
  for (const name of ["alarm", "alarm_answered", "presence", "listening"]) on(name, (data) => ask().then(() => show({ name, data })));
  for (const name of ["written", "callbacks", "drafts", "handover"]) on(name, later);
  for (const name of ["same_case", "written", "case_taken"]) on(name, (data) => show({ name, data }));
}

// --- the bar -------------------------------------------------------------------------------------------------------

function counts() {
  for (const place of bar.querySelectorAll("[data-count]")) {
    const count = now[place.dataset.count] ?? 0;
    place.hidden = count === 0;
    place.querySelector("b").textContent = count > 99 ? "99+" : String(count);
  }
  const select = bar.querySelector("[name=state]");
  if (select && document.activeElement !== select) {
    const option = [...select.options].find((one) => one.value === now.presence);
    if (option) select.value = now.presence;
    select.classList.toggle("ok", now.presence === "free");
  }
  const listening = bar.querySelector("#listening");
  if (listening) {
    listening.hidden = now.listening.length === 0;
    listening.querySelector("b").textContent = now.listening.join(", ");
  }
}

bar?.querySelector("[name=state]")?.addEventListener("change", (event) => event.target.form.requestSubmit());

// --- alarms ---------------------------------------------------------------------------------------------------------

const alarms = document.querySelector("#alarms");
let beeping = 0;
let audio = null;

// Where somebody is in danger now it sounds high and fast; everything else waits a little, and sounds lower.
const GRAVE = new Set(["red_key", "silent", "missing"]);
const GRAVE_TONES = [[0, 880], [0.22, 660], [0.44, 880], [0.66, 660], [0.88, 880]];
const TONES = [[0, 520], [0.3, 440]];

function beep(sounds) {
  audio ??= new AudioContext();
  if (audio.state === "suspended") audio.resume();
  for (const [at, pitch] of sounds.some((one) => GRAVE.has(one.kind)) ? GRAVE_TONES : TONES) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, audio.currentTime + at);
    volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.2);
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + at + 0.2);
  }
}

// Each new alarm is heard at once, whatever sounds already; then they sound on, as the gravest of them does.
function sound() {
  const shown = new Map([...alarms.children].map((item) => [item.dataset.uid, item]));
  const fresh = now.sounds.filter((one) => !shown.has(one.uid));
  const wanted = new Set(now.sounds.map((one) => one.uid));
  for (const [uid, item] of shown) if (!wanted.has(uid)) item.remove();
  for (const [at, one] of now.sounds.entries()) {
    const item = shown.get(one.uid) ?? line(one);
    if (alarms.children[at] !== item) alarms.insertBefore(item, alarms.children[at] ?? null);
  }
  document.body.classList.toggle("alarmed", wanted.size > 0);
  alarms.dataset.sounding = wanted.size ? "yes" : "";
  if (fresh.length || !wanted.size) clearInterval(beeping);
  if (!fresh.length) return;
  // There may be more of them than fit: a new one is seen at once.
  [...alarms.children].find((item) => item.dataset.uid === fresh[0].uid)?.scrollIntoView({ block: "nearest" });
  beep(fresh);
  beeping = setInterval(() => beep(now.sounds), 2500);
}

function line(one) {
  const form = document.querySelector("#alarm-line").content.firstElementChild.cloneNode(true);
  form.dataset.uid = one.uid;
  form.action = alarms.dataset.answer.replace("00000000-0000-0000-0000-000000000000", one.uid);
  form.elements.csrfmiddlewaretoken.value = csrf();
  form.querySelector("b").textContent = one.label;
  form.querySelector("span:not(.mark)").textContent = [one.ref, one.place, one.who].filter(Boolean).join(" · ");
  return form;
}

if (bar) again();
if (bar?.dataset.vault) import("./desk/deliver.js");

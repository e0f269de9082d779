// The queue without a mouse, and clocks that go on. Keys act by position, so that they work on any layout.

import { onLive } from "./live.js";

const table = document.querySelector("#queue");
const links = table ? [...table.querySelectorAll("a.ref")] : [];

const typing = (target) => target instanceof Element && target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]") !== null;

function move(step) {
    const row = document.activeElement.closest("tr");
    const at = links.findIndex((link) => row?.contains(link));
    const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
    links[next]?.focus();
}

// The row the hand is on: the one with the focus, else the first.
const row = () => document.activeElement.closest("#queue tbody tr") ?? links[0]?.closest("tr");
const take = () => row()?.querySelector(".c-do form")?.requestSubmit();
const many = document.querySelector("#many");
const boxes = table ? [...table.querySelectorAll(".c-tick input")] : [];

function ticked() {
    const count = boxes.filter((box) => box.checked).length;
    if (many) many.querySelector("[data-ticked]").textContent = count;
    return count;
}

function tick_row() {
    const box = row()?.querySelector(".c-tick input");
    if (!box || box.disabled) return;
    box.checked = !box.checked;
    ticked();
}

function give() {
    if (!ticked()) tick_row();
    document.querySelector("#give-to")?.focus();
}

const search = () => document.querySelector("#find")?.focus();
const sheet = () => document.querySelector("#keys")?.showModal();
const keys = { KeyJ: () => move(1), KeyK: () => move(-1), KeyC: take, KeyT: take, KeyX: tick_row, KeyA: give, Slash: search };

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (event.code === "Escape") document.querySelectorAll("details.ask[open]").forEach((ask) => ask.removeAttribute("open"));
    const act = event.code === "Slash" && event.shiftKey ? sheet : keys[event.code];
    if (!act || !document.querySelector("#find") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    act();
});
table?.addEventListener("change", ticked);
ticked();

// What a colleague takes greys where it stands: no row moves under the hand.
function grey(row, words) {
    if (row.classList.contains("taken")) return;
    row.style.height = `${row.offsetHeight}px`;
    row.classList.add("taken");
    row.querySelector(".c-owner").textContent = words;
    const box = row.querySelector(".c-tick input");
    if (box) Object.assign(box, { checked: false, disabled: true });
    ticked();
    document.querySelector("#told").textContent = `${row.querySelector(".ref").textContent}: ${words}`;
}

async function ask(uids) {
    const answer = await fetch(`${table.dataset.owners}?${new URLSearchParams(uids.map((uid) => ["uid", uid]))}`).catch(() => null);
    if (!answer?.ok) return;
    for (const [uid, words] of Object.entries(await answer.json())) {
        const row = table.querySelector(`tr[data-uid="${uid}"]`);
        if (row) grey(row, words);
    }
}

// Rows that had no owner when the page was made; who waits for the stream asks for all of them now and then.
const free = table ? [...table.querySelectorAll("tr[data-uid][data-free]")].map((row) => row.dataset.uid) : [];
if (free.length) {
    onLive((_now, event) => {
        if (!event) ask(free);
        else if (event.name === "case_taken" && free.includes(event.data.uid)) ask([event.data.uid]);
    });
}

document.addEventListener("click", (event) => {
    for (const ask of document.querySelectorAll("details.ask[open]")) {
        if (!ask.contains(event.target)) ask.removeAttribute("open");
    }
});

const fill = (text, value) => text.replace("%s", value);

function span(seconds, words) {
    const minutes = Math.floor(Math.max(seconds, 0) / 60);
    if (minutes < 60) return fill(words.min, minutes);
    return minutes < 48 * 60 ? fill(words.hours, Math.floor(minutes / 60)) : fill(words.days, Math.floor(minutes / 1440));
}

function tick(words) {
    for (const clock of document.querySelectorAll("time.clock")) {
        const left = (Date.parse(clock.dateTime) - Date.now()) / 1000;
        const late = left <= 0 || clock.classList.contains("late");
        clock.textContent = Math.abs(left) < 60 ? words.now : late ? fill(words.late, span(-left, words)) : fill(words.in, span(left, words));
        clock.classList.toggle("late", late);
    }
}

if (table) setInterval(() => tick(table.dataset), 30_000);

// The queue without a mouse, and clocks that go on. Keys act by position, so that they work on any layout.

const table = document.querySelector("#queue");
const links = table ? [...table.querySelectorAll("a.ref")] : [];

const typing = (target) => target instanceof Element && target.closest("input, select, textarea, [contenteditable]") !== null;

function move(step) {
    const row = document.activeElement.closest("tr");
    const at = links.findIndex((link) => row?.contains(link));
    const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
    links[next]?.focus();
}

function take() {
    document.activeElement.closest("tr")?.querySelector(".c-do form")?.requestSubmit();
}

const keys = { KeyJ: () => move(1), KeyK: () => move(-1), KeyT: take };

document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (event.code === "Escape") document.querySelectorAll("details.ask[open]").forEach((ask) => ask.removeAttribute("open"));
    if (!links.length || !(event.code in keys)) return;
    event.preventDefault();
    keys[event.code]();
});

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

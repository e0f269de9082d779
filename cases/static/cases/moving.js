// Moving a party: press, or drag its row onto a convoy. What stands beside the list was checked a moment ago; the server
// checks again. Without this file the link opens the same list on a page of its own.

const panel = document.querySelector("#choices");
let asked = 0;

async function show(link) {
    const mine = ++asked;
    panel.hidden = false;
    panel.setAttribute("aria-busy", "true");
    let text = null;
    try {
        const answer = await fetch(link.dataset.choices, { headers: { Accept: "text/html" } });
        if (answer.ok && !answer.redirected) text = await answer.text();
    } catch {
        // the network is away: said below
    }
    if (mine !== asked) return; // somebody else was chosen meanwhile
    panel.removeAttribute("aria-busy");
    if (text === null) panel.textContent = panel.dataset.lost;
    else panel.innerHTML = text;
}

document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-choices]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    await show(link);
    (panel.querySelector("button") ?? panel).focus();
});

document.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.("tr[draggable=true]");
    if (!row) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", row.querySelector(".ref").textContent);
    document.body.classList.add("dragging");
    show(row.querySelector("a[data-choices]"));
});

document.addEventListener("dragend", () => document.body.classList.remove("dragging"));

panel?.addEventListener("dragover", (event) => {
    const drop = event.target.closest("form.drop");
    for (const other of panel.querySelectorAll("form.drop.over-it")) if (other !== drop) other.classList.remove("over-it");
    if (!drop) return;
    drop.classList.add("over-it");
    event.preventDefault();
});

panel?.addEventListener("drop", (event) => {
    const drop = event.target.closest("form.drop");
    if (!drop) return;
    event.preventDefault();
    drop.requestSubmit();
});

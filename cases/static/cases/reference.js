// Names for controls that the admin leaves nameless: its type-ahead fields, and what stands in a table's cells.

const head = (cell) => cell.closest("table").tHead?.rows[0]?.cells[cell.cellIndex]?.textContent.trim() ?? "";

function name(field, box) {
    const cell = field.closest("td");
    const label = document.querySelector(`label[for="${field.id}"]`);
    const said = cell ? head(cell) : label?.textContent.replace(":", "").trim();
    const chosen = box.textContent.replace("×", "").trim();
    box.removeAttribute("aria-labelledby");
    box.setAttribute("aria-label", chosen ? `${said}: ${chosen}` : said);
    box.querySelector("[role=textbox]")?.setAttribute("aria-label", said);
}

function nameAll() {
    for (const field of document.querySelectorAll(".tabular td input, .tabular td select")) {
        if (!field.labels?.length && !field.hasAttribute("aria-label")) field.setAttribute("aria-label", head(field.closest("td")));
    }
    for (const field of document.querySelectorAll("select.admin-autocomplete")) {
        const box = field.parentElement.querySelector("[role=combobox]");
        if (box) name(field, box);
    }
}

// They are made, and made anew, by the admin's scripts after the page.
nameAll();
new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });

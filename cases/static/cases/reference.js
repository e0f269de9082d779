// The admin's type-ahead fields are named only by what is chosen in them: they get the name on their label as well.

for (const field of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${field.id}"]`);
    const box = field.parentElement.querySelector("[role=combobox]");
    if (!box) continue;
    if (label) {
        label.id ||= `${field.id}_label`;
        box.setAttribute("aria-labelledby", `${label.id} ${box.getAttribute("aria-labelledby") ?? ""}`.trim());
    } else {
        const head = field.closest("td")?.className.replace("field-", "") ?? "";
        box.setAttribute("aria-label", head);
        box.removeAttribute("aria-labelledby");
    }
}

// A combobox (WAI-ARIA 1.2, list autocomplete): `find(text)` gives options {name, hint?}, `choose(option)` takes one.
export function combo(input, list, { find, choose, onEnter = () => false, keepFirst = true }) {
  let options = [];
  let current = -1;
  let asked = 0;

  // An answer that comes after a choice, or after the hand has left, opens nothing over what is typed now.
  const close = () => {
    asked += 1;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    current = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    if (index < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", `${list.id}-${index}`);
    list.children[index].scrollIntoView({ block: "nearest" });
  };
  const take = (index) => {
    const option = options[index];
    close();
    choose(option);
  };

  async function look() {
    const mine = ++asked;
    const text = input.value;
    const found = text.trim() ? await find(text) : [];
    if (mine !== asked) return;
    options = found;
    list.replaceChildren(
      ...options.map((option, at) => {
        const item = document.createElement("li");
        item.id = `${list.id}-${at}`;
        item.setAttribute("role", "option");
        item.append(option.name);
        if (option.hint) {
          const hint = document.createElement("kbd");
          hint.textContent = option.hint;
          item.append(" ", hint);
        }
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(at);
        });
        return item;
      }),
    );
    list.hidden = options.length === 0;
    input.setAttribute("aria-expanded", String(options.length > 0));
    mark(options.length && keepFirst ? 0 : -1);
  }

  input.addEventListener("input", look);
  input.addEventListener("blur", () => {
    if (!list.hidden && current >= 0 && keepFirst) take(current);
    else close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const open = !list.hidden;
    if (open && event.code === "ArrowDown") mark(Math.min(current + 1, options.length - 1));
    else if (open && event.code === "ArrowUp") mark(Math.max(current - 1, 0));
    else if (open && event.code === "Escape") close();
    else if ((event.code === "Enter" || event.code === "NumpadEnter") && open && current >= 0) take(current);
    else if (event.code === "Enter" || event.code === "NumpadEnter") {
      if (!onEnter(event)) return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { close, look };
}

// Every sentence and every piece of the page stands in a template of the server; here they are filled in.
const texts = document.querySelector("#field-words").content;
const tidy = (node) => node.textContent.replace(/\s+/g, " ").trim();
let zone;

export function say(name, values = {}) {
  const found = texts.querySelector(`[data-say="${name}"]`);
  return found ? tidy(found).replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "") : "";
}

// The word for a code of one kind: label("status", "boarded").
export function label(kind, code) {
  const found = texts.querySelector(`[data-label="${kind}"][data-code="${CSS.escape(code)}"]`);
  return found ? tidy(found) : code;
}

export const piece = (name) => document.querySelector(`#t-${name}`).content.firstElementChild.cloneNode(true);

// Fill the named places of a piece; an empty text hides its place.
export function put(node, values) {
  for (const [name, text] of Object.entries(values)) {
    for (const place of node.querySelectorAll(`[data-put="${name}"]`)) {
      if (place.textContent !== String(text)) place.textContent = text;
      if (place.hasAttribute("data-if")) place.hidden = text === "";
    }
  }
  return node;
}

export const inZone = (name) => {
  zone = name;
};
export const clock = (moment) =>
  new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(new Date(moment));

// What cannot be undone lightly is pressed twice: the first press says what the second will do.
export function twice(button, done) {
  const before = button.textContent;
  let timer = 0;
  const calm = () => {
    clearTimeout(timer);
    button.classList.remove("sure");
    button.textContent = before;
  };
  button.addEventListener("click", () => {
    if (button.classList.contains("sure")) {
      calm();
      done();
      return;
    }
    button.classList.add("sure");
    button.textContent = button.dataset.sure;
    timer = setTimeout(calm, 8000);
  });
}

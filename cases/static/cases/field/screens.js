// One page, several parts; which one shows is nowhere but in memory.
const GATES = ["wait", "none", "take", "code", "unlock", "gone"];
const shown = new Map();
let now = "wait";

export const screen = () => now;
export const under = (name, show) => shown.set(name, show);

export function go(name) {
  now = name;
  for (const part of document.querySelectorAll("[data-screen]")) part.hidden = part.dataset.screen !== name;
  for (const part of document.querySelectorAll("[data-open]")) part.hidden = GATES.includes(name);
  for (const button of document.querySelectorAll(".f-nav [data-go]")) {
    if (button.dataset.go === (name === "household" ? "people" : name)) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  document.documentElement.dataset.shows = name;
  shown.get(name)?.();
  scrollTo(0, 0);
  if (name === "household") document.querySelector("[data-screen=household]").focus({ preventScroll: true });
}

// Show a part again where it is the one that shows.
export const again = (name) => now === name && shown.get(name)?.();

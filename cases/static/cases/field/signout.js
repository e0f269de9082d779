// Who signs out leaves no list on the phone; words that were not sent stay, sealed, until their code sends them.
import { dropLists } from "./store.js";

for (const form of document.querySelectorAll("form[action*='logout']")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.cleared) return;
    event.preventDefault();
    dropLists()
      .catch(() => null)
      .finally(() => {
        form.dataset.cleared = "yes";
        form.requestSubmit();
      });
  });
}

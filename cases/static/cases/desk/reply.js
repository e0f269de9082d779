// The answer to a written message: sent once under one key, however often it is tried; its words stay until it went.
// Both are fields of the page's form, and are kept with everything else that is typed.
import { fresh, renew } from "./deliver.js";

const form = document.querySelector("#desk");
const conversation = document.querySelector("#conversation");

// It went; another one went before it; this one is refused.
const OURS = new Set([200, 409, 422]);

function say(box, name) {
  const line = box.querySelector(".reply-said");
  line.textContent = name ? box.dataset[name] : "";
}

// The page's own part of the answer, or why there is none.
async function post(box) {
  const typed = new URLSearchParams({
    text: box.querySelector("textarea").value,
    reply_key: key(box).value,
    csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value,
  });
  const answer = await fetch(box.dataset.source, { method: "POST", body: typed }).catch(() => null);
  if (!answer || answer.status >= 500) return { problem: "away" };
  if (answer.redirected || !OURS.has(answer.status)) return { problem: "signedOut" };
  return { status: answer.status, part: new DOMParser().parseFromString(await answer.text(), "text/html").body };
}

const key = (box) => box.querySelector("[name=reply_key]");

async function send(box) {
  key(box).value ||= fresh();
  let answer = await post(box);
  if (answer.problem === "signedOut" && (await renew())) answer = await post(box);
  if (answer.problem) return say(box, answer.problem);
  if (answer.status === 422) {
    const again = answer.part.querySelector(".reply");
    key(again).value = key(box).value;
    box.replaceWith(again);
  } else conversation.replaceChildren(...answer.part.childNodes);
  form.dispatchEvent(new Event("change"));
  return document.querySelector("#reply-text")?.focus();
}

conversation?.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-reply]");
  if (!button || button.disabled) return;
  button.disabled = true;
  await send(button.closest(".reply"));
  button.disabled = false;
});
conversation?.addEventListener("input", ({ target }) => {
  key(target.closest(".reply")).value ||= fresh();
});
document.addEventListener("fresh", () => conversation?.remove());

// To the server and back: JSON, one way to ask, and a plain word for each way it can fail.
const root = document.querySelector("#field");
const PATIENCE = 30_000;

// The page may come from the phone's own store, with a token of yesterday: the cookie has the one of now.
function token() {
  const found = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/);
  return found ? found[1] : root.querySelector("[name=csrfmiddlewaretoken]").value;
}

async function ask(url, options) {
  const answer = await fetch(url, { credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(PATIENCE), ...options }).catch(() => null);
  if (!answer || answer.status >= 500) return { problem: "away" };
  if (answer.type === "opaqueredirect" || answer.status === 401) return { problem: "signedOut" };
  const data = await answer.json().catch(() => null);
  if (answer.ok && data) return { data };
  if (answer.status === 410) return { problem: "over", detail: data?.detail ?? "" };
  // A page instead of an answer: the form's token is not one of this sign-in any more.
  return data ? { problem: "refused", detail: data.detail ?? "" } : { problem: "signedOut" };
}

const post = (url, body) =>
  ask(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token(), Accept: "application/json" },
    body: JSON.stringify(body),
  });

export const take = () => post(root.dataset.take, {});
export const bundle = (device) => ask(`${root.dataset.bundle}?device=${device}`, { headers: { Accept: "application/json" } });
export const send = (device, entries) => post(root.dataset.sync, { device, sent_at: new Date().toISOString(), entries });

// Keeps the page itself on the phone, and nothing else: no list, no word, no answer of the server ever comes by here.
const CACHE = "field-shell";
const PATIENCE = 4000;
const AWAY_FOR = 10_000;
const SHELL = /^\/field\/[0-9a-f-]{36}\/$/;
const SCRIPT_OR_STYLE = "/static/";
let awayUntil = 0;

const ours = (url) => url.origin === self.location.origin && (SHELL.test(url.pathname) || url.pathname.startsWith(SCRIPT_OR_STYLE));

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// After one silence the network is not waited for again at once: a page is made of many files.
async function network(request) {
  if (Date.now() < awayUntil) return null;
  const answer = await Promise.race([
    fetch(request).catch(() => null),
    new Promise((done) => setTimeout(done, PATIENCE, null)),
  ]);
  if (!answer) awayUntil = Date.now() + AWAY_FOR;
  return answer;
}

async function networkFirst(request) {
  const cache = await caches.open(CACHE);
  const fresh = await network(request);
  if (fresh?.ok && !fresh.redirected) await cache.put(request, fresh.clone());
  if (fresh && fresh.status < 500) return fresh;
  return (await cache.match(request, { ignoreSearch: true, ignoreVary: true })) ?? fresh ?? Response.error();
}

// Without network the list of convoys is not there: the page that was opened last is.
async function lastShell(request) {
  const fresh = await network(request);
  if (fresh) return fresh;
  const kept = (await (await caches.open(CACHE)).keys()).map((one) => new URL(one.url)).filter((url) => SHELL.test(url.pathname));
  return kept.length ? Response.redirect(kept.at(-1).href) : Response.error();
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (ours(url)) event.respondWith(networkFirst(event.request));
  else if (url.pathname === "/field/" && event.request.mode === "navigate") event.respondWith(lastShell(event.request));
});

// The first page was opened before this stood by: it names its own files, and they are fetched once more.
async function keep(urls) {
  const cache = await caches.open(CACHE);
  const wanted = urls.map((url) => new URL(url, self.location.href)).filter(ours);
  const kept = await Promise.all(
    wanted.map(async (url) => {
      const answer = await fetch(url, { credentials: "same-origin" }).catch(() => null);
      if (!answer?.ok || answer.redirected) return false;
      await cache.put(url.href, answer);
      // Another copy, of a navigation with other headers, goes when the new one is there: never is there none.
      for (const old of (await cache.keys(url.href, { ignoreVary: true })).slice(0, -1)) await cache.delete(old);
      return true;
    }),
  );
  if (!kept.every(Boolean)) return false;
  const now = new Set(wanted.map((url) => url.href));
  for (const one of await cache.keys()) {
    if (new URL(one.url).pathname.startsWith(SCRIPT_OR_STYLE) && !now.has(one.url)) await cache.delete(one);
  }
  return true;
}

self.addEventListener("message", (event) => {
  if (!Array.isArray(event.data?.keep)) return;
  event.waitUntil(keep(event.data.keep).then((done) => event.ports[0]?.postMessage(done)));
});

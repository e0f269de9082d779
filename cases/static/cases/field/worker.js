// The shell of this page stays on the phone: the worker is told which files it is made of.
import { root } from "./day.js";

export async function keepShell() {
  if (!navigator.serviceWorker) return;
  const { worker, scope } = root.dataset;
  const standing = await navigator.serviceWorker.register(worker, { scope }).catch(() => null);
  if (!standing) return;
  const ready = await navigator.serviceWorker.ready;
  const files = performance
    .getEntriesByType("resource")
    .map((one) => one.name)
    .filter((name) => new URL(name).pathname.startsWith("/static/"));
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => {
    document.documentElement.dataset.kept = data ? "yes" : "no";
  };
  if (navigator.onLine) ready.active.postMessage({ keep: [location.origin + location.pathname, ...new Set(files)] }, [port2]);
}

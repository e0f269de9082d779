// The camera reads a token where the browser can; elsewhere the button is not there, and a scanner types like a hand.
const dialog = document.querySelector("#scanner");
const eye = document.querySelector("#eye");
const PAUSE = 200;
let stream = null;

export const possible = async () => {
  if (!("BarcodeDetector" in globalThis) || !navigator.mediaDevices?.getUserMedia) return false;
  return (await BarcodeDetector.getSupportedFormats().catch(() => [])).includes("qr_code");
};

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  eye.srcObject = null;
  if (dialog.open) dialog.close();
}

export async function scan(seen) {
  stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch(() => null);
  if (!stream) return;
  dialog.showModal();
  eye.srcObject = stream;
  await eye.play().catch(() => null);
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  const look = async () => {
    if (!stream) return;
    const [found] = await detector.detect(eye).catch(() => []);
    if (!found) return void setTimeout(look, PAUSE);
    stop();
    seen(found.rawValue);
  };
  look();
}

document.querySelector("#scan-stop").addEventListener("click", stop);
dialog.addEventListener("close", stop);
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : null));

// The unlock code: ten letters and digits that cannot be taken for one another (Crockford's base 32), 50 bits.
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 10;

export function make() {
  return [...crypto.getRandomValues(new Uint8Array(LENGTH))].map((byte) => LETTERS[byte % 32]).join("");
}

// What was typed, as it is written: O is 0, I and L are 1.
export const plain = (typed) =>
  typed
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, "")
    .replaceAll("O", "0")
    .replace(/[IL]/g, "1");

export const whole = (typed) => plain(typed).length === LENGTH;

export const shown = (code) => plain(code).replace(/^(.{4})(.{4})(.*)$/, "$1-$2-$3");

// A household by what stands on its paper: eight digits, or the token. What is not on the list is told apart.
const TOKEN = /^H1([0-9A-Z]{6})([0-9A-Z]{10})$/;

export const bare = (typed) => typed.toUpperCase().replace(/[^0-9A-Z]/g, "");

// { home } or { problem }, the name of a sentence.
export function find(typed, bundle, households) {
  const said = bare(typed);
  if (!said) return { problem: "no_code" };
  const token = said.match(TOKEN);
  if (token) {
    const home = households.find((one) => bare(one.token) === said);
    if (home) return { home };
    return { problem: token[1] === bundle.prefix ? "forged" : "other_convoy" };
  }
  if (!/^\d{8}$/.test(said)) return { problem: /^\d+$/.test(said) ? "no_code" : "no_token" };
  const home = households.find((one) => bare(one.ref) === said);
  return home ? { home } : { problem: "unknown_ref" };
}

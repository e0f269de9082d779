// Saving a call: errors beside their fields, both sides of a clash, and nothing lost when the server is away.
import * as keep from "./keep.js";
import * as red from "./red.js";

const form = document.querySelector("#desk");
const state = document.querySelector("#save-state");
const button = document.querySelector("#save");
const errors = document.querySelector("#errors");
const clash = document.querySelector("#clash");

function clear() {
  errors.replaceChildren();
  for (const text of form.querySelectorAll(".error-text[id^=error-]")) text.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

function html(text) {
  return new DOMParser().parseFromString(text, "text/html").body;
}

function beside(name, sentences) {
  const field = document.querySelector(`#id_${name}`) ?? form.elements[name];
  const place = field?.length && !field.options ? field[0] : field;
  if (!place?.closest) return;
  place.setAttribute("aria-invalid", "true");
  const text = document.createElement("p");
  text.className = "error-text";
  text.id = `error-${name}`;
  text.textContent = sentences.join(" ");
  place.setAttribute("aria-describedby", text.id);
  const home = place.closest(".combo") ?? place.parentElement;
  home.append(text);
  for (let up = place.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
}

function refused({ data }) {
  clear();
  for (const [name, sentences] of Object.entries(data.errors)) beside(name, sentences);
  if (data.asked_back) document.querySelector("#sure").hidden = false;
  errors.replaceChildren(...html(data.summary ?? "").childNodes);
  errors.querySelector("#error-summary")?.focus();
}

function clashed({ data }) {
  clash.replaceChildren(...html(data.clash).childNodes);
  clash.firstElementChild.focus();
}

// The choices of the merge view: what is theirs is typed as theirs, what is mine stays.
function settle() {
  const view = clash.querySelector(".clash");
  if (!view) return;
  for (const choice of view.querySelectorAll("[value=theirs]:checked")) {
    const { field, value } = choice.dataset;
    if (field.startsWith("need:")) {
      const code = field.slice(5);
      form.elements[`need_${code}`].checked = false;
      form.elements[`days_${code}`].value = "";
    } else if (field === "direction") {
      for (const way of form.elements.way) way.checked = way.value === value;
    } else if (form.elements[field]) form.elements[field].value = value;
    if (field === "settlement") form.elements.settlement_id.value = "";
  }
  form.elements.agreed.value = view.dataset.token;
}

// Saved before, and more was typed since: it goes on as a second call about the same case.
function goOn(ref) {
  form.elements.key.value = keep.fresh();
  form.elements.continues.value = ref;
  keep.go();
  keep.changed();
  keep.say("added");
}

export async function save(after = null) {
  if (button.disabled) return;
  const answer = form.elements.answer;
  if (answer?.value.trim()) {
    state.textContent = state.dataset.unsent;
    return answer.focus();
  }
  button.disabled = true;
  state.textContent = "";
  settle();
  keep.stop();
  await tried(after);
  button.disabled = false;
}

// A call that is saved sounds nothing any more: a red key that waits goes first.
async function tried(after) {
  const answer = (await red.before()) ?? (await keep.send(form.action, keep.body()));
  if (answer.problem === "away" && (await keep.queue())) return queued();
  if (answer.data?.saved) {
    await keep.saved();
    return location.assign(after ?? answer.data.next);
  }
  keep.go();
  if (answer.problem) state.textContent = state.dataset[answer.problem];
  else if (answer.data.clash) clashed(answer);
  else if (answer.data.code === "idempotency_key_reused" && "recorded" in answer.data) goOn(answer.data.recorded);
  else refused(answer);
  return answer.data?.code === "draft_elsewhere" ? keep.apart() : keep.changed();
}

// The server is away: this device holds the call, and the page is free for the next one.
function queued() {
  clear();
  clash.replaceChildren();
  form.reset();
  for (const box of form.querySelectorAll("input[type=checkbox], input[type=radio]")) box.checked = box.name === "on_site";
  for (const text of form.querySelectorAll("textarea, input:not([type=hidden], [type=checkbox], [type=radio])")) text.value = "";
  form.elements.key.value = keep.fresh();
  form.elements.settlement_id.value = form.elements.agreed.value = form.elements.disposition.value = "";
  form.elements.channel.value = "phone";
  form.elements.language.value = document.documentElement.lang;
  history.replaceState(null, "", form.action);
  keep.begun();
  document.dispatchEvent(new CustomEvent("fresh"));
}

form.addEventListener("submit", (event) => {
  if (event.submitter?.hasAttribute("data-leaves")) return;
  event.preventDefault();
  save();
});

// The conversation: citations open, answers can be copied, and Gradio's own parts get the labels they lack.

import { announce, el } from "./dom.js";
import { openArticle, parseCitation } from "./article.js";

/** Once: clicks on citations anywhere in the page. */
export function listen() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#cite-']");
    const place = link && parseCitation(link.getAttribute("href"));
    if (!place) return;
    event.preventDefault();
    openArticle(place.article, place.start, place.end);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#fn-chat button");
    if (button?.classList.contains("fn-again")) putAgain(button.value);
    if (button?.classList.contains("fn-to-library")) showTab("Library");
  });
}

const SETTLED = 500; // milliseconds: Gradio's client loses an event that begins in the moment another one ends
const LOST = 8000; // milliseconds after which a click counts as lost, and may be made again
let changed = 0; // when the conversation last did
let again = null; // the answer that is being sought anew

/** Put a question of the conversation anew: Gradio hears of it by the change of a box that nobody sees. */
function putAgain(what) {
  const box = document.querySelector("#fn-again :is(textarea, input)");
  if (!box || again || document.querySelector("#fn-chat .fn-pending")) return;
  const turn = Number(what.split("-")[1]);
  const mine = (again = { turn, old: answers()[turn] });
  const send = () => {
    box.value = `${what} ${Date.now()}`; // the same wish twice is two changes
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  setTimeout(send, Math.max(0, changed + SETTLED - performance.now()));
  setTimeout(() => again === mine && !document.querySelector("#fn-chat .fn-pending") && (again = null), LOST);
}

/** One for each question, in order. */
function answers() {
  return document.querySelectorAll("#fn-chat :is(.fn-answer, .fn-pending)");
}

/** Once it has come, the keyboard goes on from the new answer: at the way back, where it has one. */
function follow() {
  const answer = answers()[again.turn];
  if (!answer || answer === again.old || answer.classList.contains("fn-pending")) return;
  again = null;
  const place = answer.querySelector("button.fn-again") || answer.querySelector("a, summary");
  place?.focus({ preventScroll: true });
  announce("Answered anew");
}

function showTab(name) {
  const tab = [...document.querySelectorAll("#fn-tabs [role='tab']")].find((each) => each.textContent.trim() === name);
  tab?.click();
  tab?.focus();
}

/** After every change of the page: what is new gets its button or label. Equal values are not written again. */
export function mend() {
  for (const answer of document.querySelectorAll("#fn-chat .fn-answered:not(.fn-ready)")) addCopy(answer);
  for (const message of document.querySelectorAll("#fn-chat [aria-label*=\"'s message\"]")) {
    const mine = message.querySelector(".fn-question") !== null;
    message.setAttribute("role", "group");
    message.setAttribute("aria-label", mine ? "Question" : "Answer");
  }
  for (const log of document.querySelectorAll("#fn-chat [role='log']")) label(log, "Conversation");
  for (const box of document.querySelectorAll(".fn-date input")) if (box.type !== "date") box.type = "date";
  const question = document.querySelector("#fn-question textarea");
  if (question) label(question, "Your question");
  showLast();
}

function label(node, text) {
  if (node.getAttribute("aria-label") !== text) node.setAttribute("aria-label", text);
}

let seen = "";

/** Bring a new question into view, at the top, when it is put and again when its answer has come. */
function showLast() {
  const anew = again !== null;
  if (anew) follow();
  const questions = document.querySelectorAll("#fn-chat .fn-question");
  const waiting = document.querySelector("#fn-chat .fn-pending") !== null;
  const now = `${questions.length} ${waiting}`;
  if (now === seen || !questions.length) return;
  seen = now;
  changed = performance.now();
  if (!anew) questions[questions.length - 1].scrollIntoView({ block: "start" });
}

function addCopy(answer) {
  answer.classList.add("fn-ready");
  const button = el("button", { type: "button", className: "fn-copy" }, "Copy with citation");
  button.addEventListener("click", async () => {
    const done = await copy(citationOf(answer));
    button.textContent = done ? "Copied" : "Could not copy";
    announce(button.textContent);
    setTimeout(() => (button.textContent = "Copy with citation"), 1800);
  });
  const trace = answer.querySelector(".fn-trace");
  const bar = el("div", { className: "fn-tools" }, button);
  if (trace) trace.before(bar);
  else answer.append(bar);
}

/** What answers, and the quotes with their sources, as plain text; a comparison as rows that a sheet takes. */
function citationOf(answer) {
  const rows = [...answer.querySelectorAll(".fn-compared tr")].map((row) => [...row.cells].map(wordsOf).join("\t"));
  const leads = [...answer.querySelectorAll(".fn-lead")].filter((lead) => !lead.closest(".fn-parts"));
  const lead = leads.flatMap((each) => (each.matches("ul") ? [...each.children] : [each])).map(wordsOf);
  const quotes = [...answer.querySelectorAll(".fn-quote")].map((quote) => {
    const asked = quote.querySelector(".fn-part") || quote.closest(".fn-parts > li")?.querySelector(".fn-part");
    const words = quote.querySelector(".fn-words").textContent;
    const source = quote.querySelector(".fn-source").cloneNode(true);
    source.querySelector(".fn-cite")?.remove();
    source.querySelectorAll(".fn-sep").forEach((separator) => (separator.textContent = ","));
    const day = quote.closest(".fn-side")?.querySelector(".fn-when").textContent.trim();
    const place = [source.textContent, day].filter(Boolean).join(", ").replace(/\s+/g, " ").replace(/ ,/g, ",").trim();
    return `${asked ? `${asked.textContent}\n` : ""}“${words}”\n— ${place}`;
  });
  return [rows.join("\n"), lead.join("\n"), ...quotes].filter(Boolean).join("\n\n") + "\n";
}

/** A node's text without the numbers of sources. */
function wordsOf(node) {
  const copied = node.cloneNode(true);
  copied.querySelectorAll(".fn-cite").forEach((chip) => chip.remove());
  return copied.textContent.replace(/\s+/g, " ").trim();
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = el("textarea", { value: text, className: "fn-unseen" });
    document.body.append(box);
    box.select();
    const done = document.execCommand("copy"); // old, and the only way where the clipboard is refused
    box.remove();
    return done;
  }
}

// Answers saved as files: one, or the whole conversation. Python writes them from what the browser keeps.

import { announce, el } from "./dom.js";

const FORMATS = [
  ["md", "Markdown"],
  ["csv", "CSV"],
  ["json", "JSON"],
];
const PATIENCE = 20_000; // milliseconds

let asked = 0;
let busy = false;

/** After every change of the page: each answer gets its menu. */
export function mendSaving() {
  for (const answer of document.querySelectorAll("#fn-chat .fn-answer:not(.fn-failed, .fn-savable)")) {
    answer.classList.add("fn-savable");
    let tools = answer.querySelector(".fn-tools");
    if (!tools) {
      tools = el("div", { className: "fn-tools" });
      const trace = answer.querySelector(".fn-trace");
      if (trace) trace.before(tools);
      else answer.append(tools);
    }
    tools.append(menuOf(answer));
  }
}

function menuOf(answer) {
  const line = (name, what) => [
    el("span", { className: "fn-quiet" }, name),
    ...FORMATS.map(([suffix, label]) => el("button", { type: "button", "aria-label": `${name} as ${label}`, onclick: () => save(answer, what, suffix) }, label)),
  ];
  const problem = el("span", { className: "fn-problem", role: "alert" });
  return el(
    "details",
    { className: "fn-save" },
    el("summary", {}, "Save"),
    el("div", { className: "fn-save-menu" }, ...line("This answer", "answer"), ...line("Whole conversation", "conversation"), problem),
  );
}

/** Ask for a file through a box that nobody sees, and take it from another. */
async function save(answer, what, suffix) {
  const wish = document.querySelector("#fn-save-wish :is(textarea, input)");
  const result = document.querySelector("#fn-save-result :is(textarea, input)");
  const problem = answer.querySelector(".fn-save .fn-problem");
  if (!wish || !result || busy) return;
  if (document.querySelector("#fn-chat .fn-pending")) {
    problem.textContent = "Another answer is being made; save once it is there."; // what is kept has it not yet
    return;
  }
  busy = true;
  problem.textContent = "";
  // Counted from the last, since the browser keeps only so many.
  const all = [...document.querySelectorAll("#fn-chat .fn-answer")];
  const back = all.length - all.indexOf(answer);
  const token = `${Date.now()}-${(asked += 1)}`;
  wish.value = JSON.stringify({ what, back, suffix, token });
  wish.dispatchEvent(new Event("input", { bubbles: true }));
  try {
    const text = await answered(result, token);
    const link = el("a", { href: URL.createObjectURL(new Blob([text])), download: `footnote-${what}.${suffix}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    announce("Saved");
  } catch (error) {
    problem.textContent = error.message;
  }
  busy = false;
}

/** The text that the box holds once it answers to the token. */
function answered(box, token) {
  const until = performance.now() + PATIENCE;
  return new Promise((resolve, reject) => {
    const look = () => {
      const reply = box.value ? JSON.parse(box.value) : {};
      if (reply.token === token && reply.error) reject(new Error(reply.error));
      else if (reply.token === token) resolve(reply.text);
      else if (performance.now() > until) reject(new Error("Footnote does not answer. Is it still running?"));
      else setTimeout(look, 60);
    };
    look();
  });
}

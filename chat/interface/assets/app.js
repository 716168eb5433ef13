// Starts the page's own scripts. Gradio draws the tabs and the conversation when it likes, so everything here waits
// for parts to appear and fills them once.

import { closeArticle } from "./article.js";
import { listen, mend } from "./ask.js";
import { mountEvaluate } from "./evaluate.js";
import { mountGrid } from "./grid.js";
import { mountLibrary } from "./library.js";
import { mendSaving } from "./save.js";

const MOUNTS = { "fn-grid": mountGrid, "fn-library": mountLibrary, "fn-evaluate": mountEvaluate };

function refresh() {
  for (const [id, mount] of Object.entries(MOUNTS)) {
    const place = document.getElementById(id);
    if (place && !place.hasChildNodes()) mount(place);
  }
  mend();
  mendSaving();
}

let planned = false;
new MutationObserver(() => {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => {
    planned = false;
    refresh();
  });
}).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["aria-label"] });

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && !document.querySelector("dialog[open]") && closeArticle()) event.preventDefault();
  if (event.key !== "/" || event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const question = document.querySelector("#fn-question textarea");
  if (question && question.offsetParent !== null) {
    event.preventDefault();
    question.focus();
  }
});

document.documentElement.lang ||= "en";
listen();
refresh();
document.documentElement.dataset.footnote = "started";

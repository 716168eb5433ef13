// The dialog in which pages of a feed or sitemap are chosen.

import { counted, el, focusAfter, getJSON, post } from "./dom.js";

const SHOWN = 300; // rows drawn; the search box reaches the others
const MOST = 500; // pages that can be added at once

/** Show what the job `key` found listed; `added` is called once chosen pages are on their way. */
export async function choosePages(key, added) {
  const problem = el("p", { className: "fn-problem", role: "alert" });
  let list;
  try {
    list = await getJSON(`/api/jobs/${key}/list`);
  } catch (error) {
    list = { title: "Pages", entries: [], left_out: 0 };
    problem.textContent = error.message;
  }
  const chosen = new Set();
  const rows = el("ul", { className: "fn-choices" });
  const more = el("p", { className: "fn-quiet" });
  const add = el("button", { type: "button", className: "fn-primary", disabled: true }, "Add");
  const search = el("input", { type: "search", id: "fn-choose-search", placeholder: "Search these pages", "aria-label": "Search these pages", oninput: () => draw() });
  const all = el("input", { type: "checkbox", id: "fn-choose-all", onchange: () => chooseAll() });

  const matches = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return list.entries.filter((entry) => words.every((word) => `${entry.title} ${entry.source} ${entry.published || ""}`.toLowerCase().includes(word)));
  };
  const count = () => {
    const found = matches().filter((entry) => !entry.held);
    const some = found.some((entry) => chosen.has(entry.source));
    all.checked = found.length > 0 && found.every((entry) => chosen.has(entry.source));
    all.indeterminate = some && !all.checked;
    add.disabled = chosen.size === 0 || chosen.size > MOST;
    add.textContent = chosen.size ? `Add ${counted(chosen.size, "page")}` : "Add";
    problem.textContent = chosen.size > MOST ? `Choose at most ${MOST} pages at once.` : "";
  };
  const chooseAll = () => {
    for (const entry of matches()) {
      if (all.checked && !entry.held) chosen.add(entry.source);
      else chosen.delete(entry.source);
    }
    draw();
  };
  const row = (entry) => {
    const choose = (event) => {
      if (event.target.checked) chosen.add(entry.source);
      else chosen.delete(entry.source);
      count();
    };
    const id = `fn-choice-${entry.number}`;
    const about = [entry.published, entry.held && "in your library", entry.title && entry.source].filter(Boolean).join(" · ");
    return el(
      "li",
      {},
      el("input", { type: "checkbox", id, checked: chosen.has(entry.source), onchange: choose }),
      el("label", { for: id }, entry.title || entry.source, el("span", { className: "fn-file" }, about)),
    );
  };
  const draw = () => {
    const found = matches();
    rows.replaceChildren(...found.slice(0, SHOWN).map(row));
    const hidden = found.length - SHOWN;
    const beyond = list.left_out ? `${counted(list.left_out, "page")} more could not be listed.` : "";
    more.textContent = [hidden > 0 ? `${counted(hidden, "page")} more; search for them.` : "", beyond].filter(Boolean).join(" ");
    count();
  };

  const dialog = el(
    "dialog",
    { className: "fn-dialog fn-choose", "aria-labelledby": "fn-choose-title" },
    el("h2", { id: "fn-choose-title" }, list.title),
    el("p", {}, `${counted(list.entries.length, "page")} to choose from.`),
    search,
    el("label", { for: "fn-choose-all", className: "fn-choose-all" }, all, " All of these"),
    rows,
    more,
    problem,
    el("div", { className: "fn-actions" }, el("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), add),
  );
  add.addEventListener("click", async () => {
    add.disabled = true;
    try {
      const urls = list.entries.map((entry) => entry.source).filter((source) => chosen.has(source));
      await post("/api/add/urls", { urls });
      dialog.close();
      added();
    } catch (error) {
      problem.textContent = error.message;
      add.disabled = false;
    }
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    focusAfter(document.getElementById("fn-url"));
  });
  const told = problem.textContent;
  draw();
  if (told) problem.textContent = told;
  document.body.append(dialog);
  dialog.showModal();
  search.focus();
}

// The dialog in which a person sees where each fact of an article was found, and corrects it.

import { announce, el, focusAfter, getJSON, post } from "./dom.js";

const HINTS = {
  published: "YYYY-MM-DD",
  period: "2023 Q3",
  calendar_period: "2023 Q3",
  period_end: "YYYY-MM-DD",
  year_end: "MM-DD",
  language: "en",
};

/** What the document hears once a correction is kept. */
export const CORRECTED = "fn-corrected";

/** Show an article's facts; `saved` is called once a correction is kept. */
export async function correctFacts(article, saved = () => {}) {
  const opener = document.activeElement;
  const problem = el("p", { id: "fn-facts-problem", className: "fn-problem", role: "alert" });
  const rows = el("div", { className: "fn-facts-rows" });
  const save = el("button", { type: "submit", className: "fn-primary" }, "Save");
  const cancel = el("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const form = el(
    "form",
    { onsubmit: (event) => keep(event, changed()), noValidate: true },
    rows,
    problem,
    el("div", { className: "fn-actions" }, cancel, save),
  );
  const dialog = el(
    "dialog",
    { className: "fn-dialog fn-facts-dialog", "aria-labelledby": "fn-facts-title" },
    el("h2", { id: "fn-facts-title" }, "Facts of this article"),
    el("p", { className: "fn-quiet" }, "What you correct stays when the article is read again. Leave a field empty where there is no such fact."),
    form,
  );

  const draw = (view) => {
    rows.replaceChildren(...view.fields.map(rowOf), otherRow());
  };
  const rowOf = (field) => {
    const id = `fn-fact-${field.key}`;
    const input = el("input", {
      type: "text",
      id,
      value: field.value,
      maxLength: 300,
      placeholder: HINTS[field.key] || "",
      autocomplete: "off",
      "data-key": field.key,
      "data-was": field.value,
      "aria-describedby": `${id}-origin`,
    });
    const undo =
      field.corrected &&
      el("button", { type: "button", className: "fn-undo", "aria-label": `Undo the correction of ${field.name}`, onclick: (event) => keep(event, {}, [field.key]) }, "Undo");
    return el(
      "div",
      { className: "fn-fact" },
      el("label", { for: id }, field.name),
      input,
      undo,
      el("span", { id: `${id}-origin`, className: "fn-origin" }, field.origin),
    );
  };
  const otherRow = () =>
    el(
      "div",
      { className: "fn-fact" },
      el("input", { type: "text", id: "fn-fact-name", maxLength: 40, placeholder: "Another fact", "aria-label": "Name of another fact", autocomplete: "off" }),
      el("input", { type: "text", id: "fn-fact-value", maxLength: 300, "aria-label": "What it is", autocomplete: "off" }),
    );
  const changed = () => {
    const changes = {};
    for (const input of rows.querySelectorAll("input[data-key]")) {
      if (input.value.trim() !== input.dataset.was) changes[input.dataset.key] = input.value;
    }
    const name = rows.querySelector("#fn-fact-name").value.trim();
    if (name) changes[name] = rows.querySelector("#fn-fact-value").value;
    return changes;
  };
  const keep = async (event, changes, undo = []) => {
    event.preventDefault();
    problem.textContent = "";
    for (const input of rows.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    if (!Object.keys(changes).length && !undo.length) {
      dialog.close();
      return;
    }
    save.disabled = true;
    try {
      draw(await post("/api/correct", { article, changes, undo }));
      announce(undo.length ? "The correction is undone" : "The facts are saved");
      document.dispatchEvent(new Event(CORRECTED));
      saved();
      if (undo.length) rows.querySelector(`#fn-fact-${CSS.escape(undo[0])}`)?.focus();
      else dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      const wrong = rows.querySelector(`input[data-key="${CSS.escape(error.message.split(":")[0])}"]`);
      if (wrong) {
        wrong.setAttribute("aria-invalid", "true");
        wrong.focus();
      }
    }
    save.disabled = false;
  };

  dialog.addEventListener("close", () => {
    dialog.remove();
    if (opener?.isConnected) focusAfter(opener);
  });
  document.body.append(dialog);
  dialog.showModal();
  try {
    draw(await getJSON(`/api/facts/${encodeURIComponent(article)}`));
    rows.querySelector("input").focus();
  } catch (error) {
    problem.textContent = error.message;
    save.disabled = true;
  }
}

// The Evaluate tab: run a question set, read the measures, and see for each question why.

import { announce, counted, el, getJSON, post } from "./dom.js";

const METHODS = [
  ["fused", "Fused", "both, as in Ask"],
  ["words", "Words", "BM25 alone"],
  ["vectors", "Meaning", "vectors alone"],
  ["reciprocal", "Reciprocal", "both, by rank"],
];
const NAMES = Object.fromEntries(METHODS.map(([key, name]) => [key, name]));
const DOWNLOADS = [
  ["questions.csv", "CSV"],
  ["evaluation.json", "JSON"],
  ["report.html", "HTML report"],
];

let running = null; // the job being watched
let shownKey = null;
let onlyMissed = false;

/** Fill the tab. */
export function mountEvaluate(place) {
  const problem = el("p", { className: "fn-problem", role: "alert", id: "fn-eval-problem" });
  const select = el("select", { id: "fn-set" });
  const file = el("input", { type: "file", id: "fn-set-file", accept: ".jsonl", className: "fn-unseen", "aria-label": "Upload a question set", onchange: upload });
  const methods = METHODS.map(([key, name, meaning]) =>
    el("label", { className: "fn-choice" }, el("input", { type: "checkbox", name: "fn-method", value: key, checked: key === "fused" }), el("span", {}, el("strong", {}, name), " ", el("span", { className: "fn-quiet" }, meaning))),
  );
  place.append(
    el(
      "section",
      { className: "fn-setup", "aria-label": "Set up an evaluation" },
      el("div", { className: "fn-section-head" }, el("h2", {}, "Evaluate")),
      el("p", { className: "fn-quiet fn-intro" }, "Put a set of questions with known evidence to your library, and measure how often the evidence is found and quoted."),
      el(
        "form",
        { className: "fn-eval-form", onsubmit: start },
        el(
          "div",
          { className: "fn-form" },
          el("label", { for: "fn-set" }, "Question set"),
          el("div", { className: "fn-inline" }, select, file, el("label", { for: "fn-set-file", className: "fn-button" }, "Upload")),
          el("p", { className: "fn-quiet" }, "One question a line (JSONL): question, answers, evidence."),
        ),
        el("div", { className: "fn-form", role: "group", "aria-labelledby": "fn-methods" }, el("p", { className: "fn-legend", id: "fn-methods" }, "Compare"), el("div", { className: "fn-choices" }, ...methods)),
        el("div", { className: "fn-run" }, el("button", { type: "submit", id: "fn-run", className: "fn-primary" }, "Run"), el("div", { id: "fn-progress" })),
      ),
      problem,
    ),
    el("section", { id: "fn-results", "aria-label": "Results" }),
  );
  shownKey = null;
  loadSets();
  watch();
}

async function loadSets(chosen) {
  await guarded(async () => {
    const { sets } = await getJSON("/api/sets");
    const select = document.getElementById("fn-set");
    select.replaceChildren(...sets.map((each) => el("option", { value: each.key }, `${each.label} (${each.questions})`)));
    if (chosen) select.value = chosen;
    document.getElementById("fn-run").disabled = sets.length === 0;
    if (!sets.length) say("There is no question set yet. Upload one.");
  });
}

async function upload(event) {
  const file = event.target.files[0];
  if (!file) return;
  await guarded(async () => {
    const kept = await post(`/api/sets?name=${encodeURIComponent(file.name)}`, file);
    await loadSets(kept.key);
    announce(`${kept.label}: ${counted(kept.questions, "question")}`);
  });
  event.target.value = "";
}

async function start(event) {
  event.preventDefault();
  const methods = [...document.querySelectorAll("input[name='fn-method']:checked")].map((box) => box.value);
  await guarded(async () => {
    running = (await post("/api/evaluations", { set: document.getElementById("fn-set").value, methods })).job;
    await watch();
  });
}

async function guarded(action) {
  say("");
  try {
    await action();
  } catch (error) {
    say(error.message);
  }
}

function say(text) {
  document.getElementById("fn-eval-problem").textContent = text;
}

let timer = null;

/** Follow the newest run until it ends; also the one that was going on when the page was opened. */
async function watch() {
  clearTimeout(timer);
  if (!document.getElementById("fn-progress")) return;
  let jobs = [];
  try {
    ({ jobs } = await getJSON("/api/jobs?kind=evaluate"));
  } catch (error) {
    say(error.message);
  }
  const open = jobs.filter((job) => !job.finished).at(-1);
  drawProgress(open);
  if (open) {
    running = open.key;
    timer = setTimeout(watch, 400);
    return;
  }
  const ended = running && jobs.find((job) => job.key === running);
  running = null;
  if (ended?.state === "failed") say(ended.error);
  if (ended?.state === "cancelled" && !ended.done) say("Cancelled.");
  const best = jobs.filter((job) => job.state === "done" || (job.state === "cancelled" && job.done > 0)).at(-1);
  if (best && best.key !== shownKey) await showResult(best.key);
}

function drawProgress(job) {
  const place = document.getElementById("fn-progress");
  document.getElementById("fn-run").disabled = Boolean(job) || !document.getElementById("fn-set").value;
  if (!job) {
    place.replaceChildren();
    return;
  }
  const text = job.state === "waiting" ? "Waiting for other work to finish" : `${job.done} of ${job.total ?? "?"}`;
  let bar = place.querySelector("progress");
  if (!bar) {
    bar = el("progress", { "aria-label": "Questions evaluated" });
    const cancel = () => post(`/api/jobs/${running}/cancel`).then(watch, (error) => say(error.message));
    place.replaceChildren(bar, el("span", { className: "fn-quiet fn-done" }), el("button", { type: "button", id: "fn-cancel", onclick: cancel }, "Cancel"));
  }
  if (job.total) {
    bar.max = job.total;
    bar.value = job.done;
  }
  place.querySelector(".fn-done").textContent = text;
}

async function showResult(key) {
  await guarded(async () => {
    const result = await getJSON(`/api/evaluations/${key}`);
    if (running && running !== key) return; // a run was started meanwhile: its result would replace this one under the reader
    shownKey = key;
    const count = result.done === result.total ? counted(result.total, "question") : `stopped after ${result.done} of ${result.total} questions`;
    const downloads = DOWNLOADS.map(([name, label]) => el("a", { href: `/api/evaluations/${key}/files/${name}`, download: name }, label));
    document.getElementById("fn-results").replaceChildren(
      el(
        "div",
        { className: "fn-section-head" },
        el("h2", {}, result.label),
        el("p", {}, count),
        el("p", { className: "fn-downloads" }, el("span", { className: "fn-quiet" }, "Download"), ...downloads),
      ),
      ...(result.failed ? [el("p", { className: "fn-problem" }, `${counted(result.failed, "question")} met an error and count 0; open them to see why.`)] : []),
      el(
        "div",
        { className: "fn-columns-even" },
        el("div", {}, el("h3", {}, "Finding the evidence"), measures(result, result.retrieval, result.methods, "Finding the evidence")),
        el(
          "div",
          {},
          el("h3", {}, "Recall by number of passages looked at"),
          el("div", { className: "fn-plot" }, ...plot(key, "recall", result.recall_words, 320)),
          ...(result.answers.length ? [el("h3", {}, "Answers"), measures(result, result.answers, [""], "Answers")] : []),
        ),
      ),
      ...(result.plots.length
        ? [
            el(
              "div",
              { className: "fn-columns-even" },
              ...result.plots.map((each) => el("div", {}, el("h3", {}, each.title), el("div", { className: "fn-plot" }, ...plot(key, each.name, each.words, each.name === "reliability" ? 340 : 320)))),
            ),
          ]
        : []),
      ...(result.compared.length ? [el("h3", {}, "Differences"), differences(result)] : []),
      el("h3", {}, "Questions"),
      el("p", { className: "fn-quiet" }, "The rank at which evidence was first found. Open a question to see why."),
      questions(key, result),
    );
    announce("The evaluation has finished");
  });
}

/** A plot for light and for dark pages; style.css shows the one that fits. */
function plot(key, name, words, height) {
  return ["light", "dark"].map((shade) => el("img", { src: `/api/evaluations/${key}/${name}-${shade}.svg`, alt: words, className: `fn-only-${shade}`, width: 640, height }));
}

const figure = (value) => (value === null || value === undefined ? "–" : value.toFixed(3));

/** A table of measures: the main ones, the others on demand. */
function measures(result, list, columns, label) {
  if (!list.length) return el("p", { className: "fn-quiet" }, "Nothing to measure: no question has evidence.");
  const main = list.filter((each) => each.main);
  const others = list.filter((each) => !each.main);
  const cell = (value) =>
    el("td", {}, el("span", { className: "fn-mean" }, figure(value?.mean)), value && el("span", { className: "fn-interval" }, `${figure(value.low)} to ${figure(value.high)}`));
  const row = (each) =>
    el("tr", {}, el("th", { scope: "row" }, each.name, el("span", { className: "fn-meaning" }, each.meaning)), ...each.values.map(cell));
  const body = el("tbody", {}, ...(main.length ? main : list).map(row));
  const all = others.length && main.length ? el("button", { type: "button", className: "fn-more" }, `Show ${counted(others.length, "more measure").replace("more measures", "more")}`) : null;
  all?.addEventListener("click", () => {
    body.append(...others.map(row));
    all.remove();
  });
  return el(
    "div",
    {},
    el(
      "div",
      { className: "fn-scroll", tabIndex: 0, role: "region", "aria-label": label },
      el(
        "table",
        { className: "fn-table fn-measures" },
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Measure"), ...columns.map((method) => el("th", { scope: "col" }, method ? NAMES[method] || method : "Mean")))),
        body,
      ),
    ),
    all,
    el("p", { className: "fn-quiet fn-note" }, "Below each mean: its 95 % interval."),
  );
}

function differences(result) {
  const signed = (value) => (value > 0 ? "+" : "") + value.toFixed(3);
  const named = (pair) => pair.split(" vs ").map((method) => NAMES[method] || method).join(" minus ");
  const row = (each) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, named(each.pair)),
      el("td", {}, each.measure),
      el("td", {}, el("span", { className: "fn-mean" }, signed(each.difference)), el("span", { className: "fn-interval" }, `${signed(each.low)} to ${signed(each.high)}`)),
      el("td", {}, each.p < 0.05 ? `yes (p = ${each.p.toFixed(3)})` : `no (p = ${each.p.toFixed(3)})`),
    );
  return el(
    "div",
    { className: "fn-scroll", tabIndex: 0, role: "region", "aria-label": "Differences" },
    el(
      "table",
      { className: "fn-table" },
      el("thead", {}, el("tr", {}, ...["Compared", "Measure", "Difference", "Beyond chance"].map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...result.compared.map(row)),
    ),
  );
}

function questions(key, result) {
  const body = el("tbody");
  const missed = (each) => each.gold && each.ranks.some((rank) => rank === null);
  const draw = () => {
    body.replaceChildren(
      ...result.questions.flatMap((each, number) => (onlyMissed && !missed(each) ? [] : [questionRow(key, result, each, number)])),
    );
    if (!body.hasChildNodes()) body.append(el("tr", {}, el("td", { colspan: 2 + result.methods.length, className: "fn-quiet" }, "Evidence was found for every question.")));
  };
  const toggle = el("label", { className: "fn-choice" }, el("input", { type: "checkbox", checked: onlyMissed, onchange: (event) => { onlyMissed = event.target.checked; draw(); } }), el("span", {}, "Only questions whose evidence was missed"));
  draw();
  return el(
    "div",
    {},
    toggle,
    el(
      "table",
      { className: "fn-table fn-questions" },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Question"), el("th", { scope: "col", className: "fn-kind" }, "Kind"), ...result.methods.map((method) => el("th", { scope: "col", className: "fn-rank" }, NAMES[method] || method)))),
      body,
    ),
  );
}

function questionRow(key, result, each, number) {
  const button = el("button", { type: "button", className: "fn-open", "aria-expanded": "false" }, each.question);
  const trouble = each.error && el("span", { className: "fn-problem fn-file" }, each.error);
  const row = el(
    "tr",
    {},
    el("td", {}, button, trouble),
    el("td", { className: "fn-kind" }, each.kind),
    ...each.ranks.map((rank) => el("td", { className: `fn-rank${each.gold && rank === null ? " fn-missed" : ""}` }, rank === null ? (each.gold ? "missed" : "–") : String(rank))),
  );
  button.addEventListener("click", async () => {
    const open = button.getAttribute("aria-expanded") === "true";
    if (open) {
      row.nextElementSibling?.remove();
      button.setAttribute("aria-expanded", "false");
      return;
    }
    button.setAttribute("aria-expanded", "true");
    const cell = el("td", { colspan: 2 + each.ranks.length }, "Loading …");
    row.after(el("tr", { className: "fn-why" }, cell));
    try {
      const why = await getJSON(`/api/evaluations/${key}/questions/${number}`);
      cell.replaceChildren(...explanation(why));
    } catch (error) {
      cell.replaceChildren(el("p", { className: "fn-problem" }, error.message));
    }
  });
  return row;
}

/** "score 0.812, by meaning 3, by words 1". */
function placed(each) {
  const ranks = [
    ["dense_rank", "by meaning"],
    ["words_rank", "by words"],
  ].flatMap(([key, name]) => (each.trace[key] ? [`${name} ${each.trace[key]}`] : []));
  return [`score ${each.score.toFixed(3)}`, ...ranks].join(", ");
}

function explanation(why) {
  const cite = (each, text) => el("a", { href: `#cite-${each.article_id}-${each.start}-${each.end}` }, text);
  const quoted = why.expected.map((each) => el("div", { className: "fn-quote" }, el("blockquote", {}, each.text), el("p", { className: "fn-source" }, cite(each, each.title))));
  const documents = why.documents.map((name) => el("p", {}, name));
  const none = el("p", { className: "fn-quiet" }, "Nothing: the right answer is that the library does not say.");
  const expected = quoted.length || documents.length ? [...quoted, ...documents] : [none];
  const found = why.methods.map((method) =>
    el(
      "div",
      {},
      el("h4", {}, why.methods.length > 1 ? `Found by ${NAMES[method.method] || method.method}` : "Found"),
      method.error && el("p", { className: "fn-problem" }, method.error),
      el(
        "ol",
        { className: "fn-found" },
        ...method.found.map((each) =>
          el(
            "li",
            { className: each.evidence ? "fn-evidence" : "" },
            el("p", { className: "fn-source" }, cite(each, each.title), each.section && each.section !== each.title && el("span", {}, ` · ${each.section}`), el("span", { className: "fn-score" }, ` ${placed(each)}`), each.evidence && el("span", { className: "fn-state" }, "evidence")),
            el("p", { className: "fn-snippet" }, each.text.length > 320 ? `${each.text.slice(0, 320)} …` : each.text),
          ),
        ),
      ),
      method.found.length === 0 && el("p", { className: "fn-quiet" }, "No passage."),
    ),
  );
  const words = why.answers?.length ? el("p", { className: "fn-quiet" }, `Expected words: ${why.answers.join("; ")}`) : null;
  const given =
    why.answered === null
      ? el("p", { className: "fn-quiet" }, why.error || "The question was not asked.")
      : el("p", { className: why.answered ? "fn-given" : "fn-quiet" }, why.answer || "No answer");
  const quote = why.quote ? el("blockquote", {}, why.quote) : null;
  return [
    el(
      "div",
      { className: "fn-why-head" },
      el("div", {}, el("h4", {}, "Expected"), ...expected, words),
      el("div", {}, el("h4", {}, "Answered"), given, quote),
    ),
    ...found,
  ];
}

// The article pane: opens an article beside the page (over it on a phone), at the cited words; PDFs as printed or as text.

import { announce, el, getJSON } from "./dom.js";
import { correctFacts } from "./facts.js";
import { pageViewer } from "./pages.js";

const CITE = /^#cite-([0-9A-Za-z_]+)-(\d+)-(\d+)$/;
const BULLET = /^(?:[•‣▪◦*–-]|\(?\w{1,3}[.)])\s/; // the text brings its own
let pane = null;
let opener = null;
let wanted = 0;
let asText = false; // what was chosen last for PDFs that are opened at a quote

/** What a citation's link points at, or null. */
export function parseCitation(href) {
  const parts = CITE.exec(href || "");
  return parts && { article: parts[1], start: Number(parts[2]), end: Number(parts[3]) };
}

/** Open an article; with a range, mark and show it. */
export async function openArticle(article, start = 0, end = 0) {
  const mine = ++wanted;
  const from = document.activeElement;
  if (!pane) build();
  if (!pane.contains(from)) opener = from;
  pane.hidden = false;
  document.body.classList.add("fn-reading");
  pane.querySelector(".fn-pane-body").setAttribute("aria-busy", "true");
  try {
    const view = await getJSON(`/api/article/${encodeURIComponent(article)}?at=${start}&end=${end}`);
    if (mine === wanted) show(view, start, end);
  } catch (error) {
    if (mine !== wanted) return;
    pane.querySelector(".fn-pane-head").replaceChildren(el("h2", {}, "Article"));
    clear();
    pane.querySelector(".fn-pane-body").hidden = false;
    pane.querySelector(".fn-pane-body").replaceChildren(el("p", { className: "fn-problem" }, error.message));
  }
  pane.querySelector(".fn-pane-body").removeAttribute("aria-busy");
  pane.querySelector(".fn-close").focus({ preventScroll: true });
}

/** Close the pane and give the keyboard back to where it was. True when it was open. */
export function closeArticle() {
  if (!pane || pane.hidden) return false;
  wanted += 1;
  pane.hidden = true;
  document.body.classList.remove("fn-reading");
  if (opener && opener.isConnected) opener.focus({ preventScroll: true });
  return true;
}

function build() {
  pane = el(
    "aside",
    { id: "fn-pane", hidden: true, "aria-label": "Article" },
    el(
      "div",
      { className: "fn-pane-bar" },
      el("span", { className: "fn-label" }, "Source"),
      el("button", { type: "button", className: "fn-close", onclick: closeArticle }, "Close", el("kbd", {}, "Esc")),
    ),
    el("div", { className: "fn-pane-head" }),
    el("div", { className: "fn-pane-body", tabIndex: 0, role: "region", "aria-label": "Text of the article" }),
  );
  document.body.append(pane);
}

function show(view, start, end) {
  const facts = [view.published, view.facts.company, view.facts.kind, view.facts.period, view.pages ? `${view.pages} pages` : null, view.file];
  const links = [];
  if (view.original) {
    const page = view.boxes?.[0]?.[0] || pageAt(view, start);
    const address = view.original_is_pdf && page ? `${view.original}#page=${page}` : view.original;
    const label = view.original_is_pdf ? "Open the PDF" : "Save the original file";
    links.push(el("a", { href: address, target: view.original_is_pdf ? "_blank" : "", rel: "noopener" }, label));
  }
  if (/^https?:\/\//.test(view.source)) {
    links.push(el("a", { href: view.source, target: "_blank", rel: "noopener noreferrer" }, "Open the web page"));
  }
  const again = () => openArticle(view.article_id, start, end);
  links.push(el("button", { type: "button", className: "fn-open", onclick: () => correctFacts(view.article_id, again) }, "Facts, and where they were found"));
  pane
    .querySelector(".fn-pane-head")
    .replaceChildren(
      el("h2", {}, view.title),
      el("p", { className: "fn-facts" }, ...facts.filter(Boolean).map((fact) => el("span", {}, fact))),
      el("p", { className: "fn-links" }, ...links),
    );
  clear();
  if (view.original_is_pdf) offerPages(view, start, end);
  else showText(view, start, end);
}

function clear() {
  pane.querySelectorAll(".fn-page-view, .fn-switch").forEach((node) => node.remove());
}

function showText(view, start, end, problem = "") {
  const body = pane.querySelector(".fn-pane-body");
  body.hidden = false;
  body.replaceChildren(
    ...(problem ? [el("p", { className: "fn-problem", role: "alert" }, problem)] : []),
    ...textOf(view, start, end),
  );
  body.scrollTop = 0;
  const mark = body.querySelector("mark");
  if (mark) mark.scrollIntoView({ block: "center" });
  announce(mark ? `${view.title}, opened at the quoted words` : `${view.title}, opened`);
}

/** A PDF has two faces, its pages and its text. From a citation the page comes first, unless text was chosen before. */
function offerPages(view, start, end) {
  const quote = wordsOf(view, start, end);
  const choose = (text) => {
    asText = text;
    turnTo(text);
  };
  const page = el("button", { type: "button", onclick: () => choose(false) }, "Page");
  const text = el("button", { type: "button", onclick: () => choose(true) }, "Text");
  const choice = el("div", { className: "fn-switch", role: "group", "aria-label": "Show as" }, page, text);
  pane.querySelector(".fn-close").before(choice);
  let viewer = null;

  function turnTo(asWords, problem = "") {
    page.setAttribute("aria-pressed", String(!asWords));
    text.setAttribute("aria-pressed", String(asWords));
    if (asWords) {
      if (viewer) viewer.node.hidden = true;
      showText(view, start, end, problem);
      return;
    }
    pane.querySelector(".fn-pane-body").hidden = true;
    if (viewer) {
      viewer.node.hidden = false;
      return;
    }
    const { article_id: article, title, pages, boxes } = view;
    const onFail = (reason) => {
      viewer.node.remove();
      viewer = null;
      turnTo(true, `The page cannot be shown, so here is its text. ${reason}`);
    };
    viewer = pageViewer({ article, title, pages, boxes, quote, onFail });
    pane.append(viewer.node);
    viewer.open(boxes.length ? boxes[0][0] : pageAt(view, start) || 1);
  }

  turnTo(!quote || asText);
}

function pageAt(view, start) {
  return view.blocks.find((block) => block.start <= start && start < block.end)?.page;
}

/** The words of [start, end), as far as the blocks that were sent hold them. */
function wordsOf(view, start, end) {
  const parts = view.blocks
    .filter((block) => block.start < end && block.end > start)
    .map((block) => Array.from(block.text).slice(Math.max(0, start - block.start), end - block.start).join(""));
  return parts.join(" ");
}

function textOf(view, start, end) {
  const nodes = [];
  const last = view.first + view.blocks.length;
  if (view.first > 0) nodes.push(more("Show the text before", view, Math.max(0, view.first - 600), start, end));
  let page = view.first > 0 ? null : 1;
  let list = null;
  let table = null;
  for (const [at, block] of view.blocks.entries()) {
    if (at === 0 && block.kind === "heading" && block.text.trim() === view.title.trim()) continue;
    if (block.kind !== "list_item") list = null;
    if (block.kind !== "table_row" && block.kind !== "table_header") table = null;
    if (block.page && block.page !== page) {
      nodes.push(el("p", { className: "fn-page" }, `Page ${block.page}`));
      page = block.page;
      list = table = null;
    }
    if (block.kind === "list_item") {
      if (!list) nodes.push((list = el("ul", { className: BULLET.test(block.text) ? "fn-own-bullets" : "" })));
      list.append(el("li", {}, ...marked(block, start, end)));
    } else if (block.kind === "table_row" || block.kind === "table_header") {
      if (!table) {
        table = el("table");
        if (block.kind === "table_row" && block.columns.length) table.append(headOf(block.columns));
        nodes.push(el("div", { className: "fn-scroll", tabIndex: 0, role: "region", "aria-label": "Table" }, table));
      }
      table.append(rowOf(block, start, end));
    } else if (block.kind === "heading") {
      nodes.push(el(`h${Math.min(6, Math.max(3, block.level + 1))}`, {}, ...marked(block, start, end)));
    } else {
      nodes.push(el("p", { className: `fn-${block.kind}` }, ...marked(block, start, end)));
    }
  }
  if (last < view.blocks_in_all) nodes.push(more("Show the text after", view, last, start, end));
  return nodes;
}

function more(label, view, first, start, end) {
  const load = async (event) => {
    event.target.disabled = true;
    try {
      show(await getJSON(`/api/article/${encodeURIComponent(view.article_id)}?first=${first}`), start, end);
    } catch (error) {
      event.target.replaceWith(el("p", { className: "fn-problem" }, error.message));
    }
  };
  return el("button", { type: "button", className: "fn-more", onclick: load }, label);
}

function headOf(columns) {
  return el("thead", {}, el("tr", {}, ...columns.map((name) => el("th", { scope: "col" }, name))));
}

/** A row as cells where its text shows them (tab or " | " between), else as one cell. */
function rowOf(block, start, end) {
  const head = block.kind === "table_header";
  const cell = (at, text) => {
    const inner = marked({ start: block.start + length(block.text.slice(0, at)), text }, start, end);
    return head ? el("th", { scope: "col" }, ...inner) : el("td", {}, ...inner);
  };
  const cells = [];
  let at = 0;
  for (const found of block.text.matchAll(/\t| \| /g)) {
    cells.push(cell(at, block.text.slice(at, found.index)));
    at = found.index + found[0].length;
  }
  cells.push(cell(at, block.text.slice(at)));
  if (cells.length === 1 && block.columns.length > 1) cells[0].setAttribute("colspan", block.columns.length);
  return el("tr", {}, ...cells);
}

/** A block's text with the characters of [start, end) marked. Offsets count characters, not UTF-16 units. */
function marked(block, start, end) {
  const letters = Array.from(block.text);
  const from = Math.max(0, start - block.start);
  const to = Math.min(letters.length, end - block.start);
  if (from >= to) return [block.text];
  const piece = (a, b) => letters.slice(a, b).join("");
  return [piece(0, from), el("mark", {}, piece(from, to)), piece(to, letters.length)];
}

function length(text) {
  return Array.from(text).length;
}

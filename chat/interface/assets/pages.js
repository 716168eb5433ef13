// The pages of a PDF as pictures, with the quoted words marked: one page at a time, to be turned and enlarged.

import { announce, el, getJSON } from "./dom.js";

const SCALES = [1, 1.5, 2, 3, 4]; // pixels a point that the server draws
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3]; // of the pane's width
const FIT = ZOOMS.indexOf(1);
const SHEET = 595 / 842; // until the page's own shape is known: A4

/**
 * A view of a PDF's pages. `boxes` are [page, left, top, right, bottom] of the quoted words in points, `quote` the words;
 * `onFail` gets a line for people when a page cannot be shown. Call `open(page)` once it is in the document.
 */
export function pageViewer({ article, title, pages, boxes, quote, onFail }) {
  const quoted = [...new Set(boxes.map((box) => box[0]))].sort((a, b) => a - b);
  const sizes = new Map();
  let page = 1;
  let zoom = FIT;
  let turn = 0;

  const number = el("input", { type: "text", inputMode: "numeric", className: "fn-page-number", "aria-label": "Page" });
  const back = button("‹", "Previous page", () => open(page - 1));
  const next = button("›", "Next page", () => open(page + 1));
  const smaller = button("−", "Zoom out", () => enlarge(zoom - 1));
  const fit = button("Fit", "Fit the width", () => enlarge(FIT));
  const larger = button("+", "Zoom in", () => enlarge(zoom + 1));
  const picture = el("img", { alt: "", draggable: false });
  const marks = el("div", { className: "fn-boxes" });
  const sheet = el("div", { className: "fn-sheet" }, picture, marks);
  const words = el("p", { className: "fn-unseen" });
  const notes = el("div", { className: "fn-page-notes" });
  const frame = el("div", { className: "fn-page-frame", tabIndex: 0, role: "region" }, words, sheet, notes);
  const bar = el(
    "div",
    { className: "fn-page-bar", role: "group", "aria-label": "Pages" },
    el("span", {}, back, next),
    el("span", { className: "fn-page-of" }, el("span", { className: "fn-page-word" }, "Page"), number, `of ${pages.toLocaleString("en")}`),
    el("span", {}, smaller, fit, larger),
  );
  const node = el("div", { className: "fn-page-view" }, bar, frame);

  number.addEventListener("change", () => jump());
  number.addEventListener("focus", () => number.select());
  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== frame) return;
    const act = keys(event.key);
    if (!act) return;
    event.preventDefault();
    act();
  });
  // The bar may be narrow and the window may grow: a sharper picture is fetched when the sheet has become larger.
  new ResizeObserver(() => draw()).observe(frame);

  function keys(key) {
    const { scrollTop, scrollHeight, clientHeight, scrollWidth, clientWidth } = frame;
    const wide = scrollWidth > clientWidth + 1; // then the arrows move what is in the frame
    const top = scrollTop <= 1;
    const bottom = scrollTop + clientHeight >= scrollHeight - 1;
    if (key === "ArrowLeft" && !wide) return () => open(page - 1);
    if (key === "ArrowRight" && !wide) return () => open(page + 1);
    if (key === "PageUp" && top) return () => open(page - 1, "end");
    if (key === "PageDown" && bottom) return () => open(page + 1);
    if (key === "+" || key === "=") return () => enlarge(zoom + 1);
    if (key === "-") return () => enlarge(zoom - 1);
    if (key === "0") return () => enlarge(FIT);
    return null;
  }

  function jump() {
    const wanted = Number.parseInt(number.value, 10);
    if (wanted >= 1 && wanted <= pages) open(wanted);
    else {
      number.value = page;
      announce(`There are pages 1 to ${pages}.`);
    }
  }

  /** Show a page: at its mark, or at its start or end. */
  async function open(wanted, at = "start") {
    if (wanted < 1 || wanted > pages) return;
    const mine = ++turn;
    page = wanted;
    number.value = page;
    back.disabled = page === 1;
    next.disabled = page === pages;
    keepFocus();
    frame.setAttribute("aria-label", `Page ${page} of ${pages}`);
    frame.setAttribute("aria-busy", "true");
    picture.removeAttribute("src");
    picture.alt = `Page ${page} of ${title}, as printed`;
    marks.replaceChildren();
    notes.replaceChildren();
    words.textContent = "";
    sheet.classList.add("fn-waiting");
    try {
      if (!sizes.has(page)) sizes.set(page, await getJSON(`/api/page/${encodeURIComponent(article)}/${page}`));
    } catch (error) {
      if (mine === turn) onFail(error.message);
      return;
    }
    if (mine !== turn) return;
    lay();
    draw();
    goTo(at);
    announce(`Page ${page} of ${pages}${quoted.includes(page) ? `, with the quoted words: ${quote}` : ""}`);
  }

  /** Give the sheet its shape and its marks, so that nothing moves when the picture comes. */
  function lay() {
    const { width, height } = sizes.get(page);
    sheet.style.aspectRatio = `${width} / ${height}`;
    for (const [, left, top, right, bottom] of boxes.filter((box) => box[0] === page)) {
      const box = el("div", { className: "fn-box" });
      box.style.left = `${(100 * left) / width}%`;
      box.style.top = `${(100 * top) / height}%`;
      box.style.width = `${(100 * (right - left)) / width}%`;
      box.style.height = `${(100 * (bottom - top)) / height}%`;
      marks.append(box);
    }
    if (quoted.includes(page)) words.textContent = `Quoted on this page: ${quote}`;
    const others = quoted.filter((each) => each !== page);
    for (const other of quoted.includes(page) ? others : quoted.slice(0, 1)) {
      const label = quoted.includes(page)
        ? `The quote ${other > page ? "goes on" : "begins"} on page ${other}`
        : `Back to the quote on page ${other}`;
      notes.append(el("button", { type: "button", className: "fn-more", onclick: () => open(other) }, label));
    }
    if (!quoted.length && quote) notes.append(el("p", {}, "Where on the page the quoted words stand is not known; Text shows them."));
  }

  /** Fetch the picture in a size that is sharp on this screen, unless a larger one is there. */
  function draw() {
    const size = sizes.get(page);
    if (!size || !frame.clientWidth) return;
    const needed = (sheet.clientWidth * (window.devicePixelRatio || 1)) / size.width;
    const scale = SCALES.find((each) => each >= needed - 0.05) || SCALES[SCALES.length - 1];
    const address = `/api/page/${encodeURIComponent(article)}/${page}/picture?scale=${scale}&of=${size.of}`;
    if (picture.dataset.page === String(page) && picture.hasAttribute("src") && Number(picture.dataset.scale) >= scale) return;
    const mine = turn;
    const fresh = new Image();
    fresh.onload = () => {
      if (mine !== turn) return;
      picture.src = address;
      picture.dataset.page = page;
      picture.dataset.scale = scale;
      sheet.classList.remove("fn-waiting");
      frame.removeAttribute("aria-busy");
    };
    fresh.onerror = async () => {
      if (mine !== turn || picture.hasAttribute("src")) return;
      const told = await getJSON(address).then(() => null, (error) => error.message);
      if (mine === turn) onFail(told || "The picture of the page could not be loaded.");
    };
    fresh.src = address;
  }

  function goTo(at) {
    const mark = sheet.querySelector(".fn-box");
    if (mark) {
      frame.scrollTop = sheet.offsetTop + mark.offsetTop - frame.clientHeight / 3;
      frame.scrollLeft = sheet.offsetLeft + mark.offsetLeft - frame.clientWidth / 4;
    } else frame.scrollTop = at === "end" ? frame.scrollHeight : 0;
  }

  function enlarge(wanted) {
    if (wanted < 0 || wanted >= ZOOMS.length) return;
    // What is in the middle stays there, or the mark where it is in view.
    const mark = marks.firstElementChild;
    const from = mark?.getBoundingClientRect();
    const seen = frame.getBoundingClientRect();
    const x = (frame.scrollLeft + frame.clientWidth / 2) / frame.scrollWidth;
    const y = (frame.scrollTop + frame.clientHeight / 2) / frame.scrollHeight;
    zoom = wanted;
    sheet.style.width = `${100 * ZOOMS[zoom]}%`;
    frame.scrollLeft = x * frame.scrollWidth - frame.clientWidth / 2;
    frame.scrollTop = y * frame.scrollHeight - frame.clientHeight / 2;
    if (from && from.top < seen.bottom && from.bottom > seen.top) {
      frame.scrollTop += mark.getBoundingClientRect().top - from.top;
      frame.scrollLeft += mark.getBoundingClientRect().left - seen.left - 24;
    }
    smaller.disabled = zoom === 0;
    larger.disabled = zoom === ZOOMS.length - 1;
    fit.disabled = zoom === FIT;
    draw();
    keepFocus();
    announce(`${Math.round(100 * ZOOMS[zoom])} percent of the width`);
  }

  /** A button that has just been switched off, or is about to go, gives the keyboard to the page. */
  function keepFocus() {
    const held = document.activeElement;
    if (notes.contains(held) || (bar.contains(held) && held.disabled)) frame.focus({ preventScroll: true });
  }

  fit.disabled = true;
  sheet.style.aspectRatio = String(SHEET);
  return { node, open, focus: () => frame.focus({ preventScroll: true }) };
}

function button(sign, label, onclick) {
  return el("button", { type: "button", className: "fn-page-button", "aria-label": label, title: label, onclick }, sign);
}

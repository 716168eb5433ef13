// Small helpers: elements made of text (never of markup), and requests to the page's own endpoints.

/** An element. `props` are properties and, with a dash or for `role` and `for`, attributes; children are nodes or text. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.includes("-") || ["role", "for", "scope", "colspan"].includes(name)) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** JSON from an endpoint. Throws an Error whose message is one line for people. */
export async function getJSON(path) {
  return answerOf(() => fetch(path, { headers: { Accept: "application/json" } }));
}

/** Post a value as JSON, or a file as it is. */
export async function post(path, value, headers = {}) {
  const body = value instanceof Blob ? value : JSON.stringify(value ?? {});
  const type = value instanceof Blob ? "application/octet-stream" : "application/json";
  return answerOf(() => fetch(path, { method: "POST", body, headers: { "Content-Type": type, ...headers } }));
}

async function answerOf(request) {
  let response;
  try {
    response = await request();
  } catch {
    throw new Error("Footnote does not answer. Is it still running?");
  }
  let data = {};
  try {
    data = await response.json();
  } catch {
    // an answer without JSON has only its status
  }
  if (!response.ok) throw new Error(data.error || `The request failed (${response.status}).`);
  return data;
}

/** "1 article", "2 articles". */
export function counted(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** Tell people who do not see the page what has just changed. */
export function announce(text) {
  let region = document.getElementById("fn-status");
  if (!region) {
    region = el("div", { id: "fn-status", className: "fn-unseen", role: "status" });
    document.body.append(region);
  }
  region.textContent = text;
}

/** Focus what stands in for a closed dialog, unless somebody has gone on to something else by then: "close" comes late. */
export function focusAfter(element) {
  const now = document.activeElement;
  if (!now || now === document.body || now.disabled) element?.focus();
}

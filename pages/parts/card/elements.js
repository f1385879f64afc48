
/* Elements. Text goes in as text; only `rendered` takes HTML, and only HTML that the server has sanitised. */

function make(tag, about = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "rendered") element.innerHTML = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...inside.flat(Infinity).filter((piece) => piece !== null && piece !== undefined && piece !== false));
  return element;
}

/* Says something where it is not said already: a press that changes little lays out little. */
const say = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

const key = (text) => make("kbd", {}, text);

const button = (label, act, { keys = null, kind = "btn" } = {}) =>
  make("button", { type: "button", class: kind, "data-act": act }, label, keys && " ", keys && key(keys));

const counted = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/* Whether somebody types in this element: then no key is ours. */
function takesText(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element.matches("textarea, select")) return true;
  return element.matches("input:not([type=range], [type=button], [type=checkbox], [type=radio])");
}

/* A text that the server rendered, in its own scrolling pane. */
function prose(html, kind = "") {
  return make("div", { class: `prose ${kind}`, rendered: html ?? "" });
}

const freshNonce = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

// A chart on the page as a picture of its own: the layers that plotly drew, on paper, under a title and over a line that
// says what it is. Nothing is fetched but the page's own font, so that text is as wide elsewhere as it is here.

const SVG = "http://www.w3.org/2000/svg";
const FAMILY = "Source Sans";
const SIDE = 14;
const TITLE = { size: 16, line: 21, weight: 600 };
const NOTE = { size: 13, line: 18, weight: 400 };
const FOOT = { size: 11.5, line: 15, weight: 400 };
const SCALE = 2;
// What only the mouse needs, and what is never seen.
const NOT_DRAWN = ".hoverlayer, .draglayer, .zoomlayer, .menulayer, .selectionlayer";
// What XML may not hold, and what turns the direction of the text around it.
const NOT_WRITTEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/g;

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function fontOf(style) {
  return `${style.weight} ${style.size}px "${FAMILY}", system-ui, sans-serif`;
}

// Lines of words that fit; a word that alone is too long is broken.
function wrapped(text, style, width) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = fontOf(style);
  const fits = (line) => pen.measureText(line).width <= width;
  const lines = [""];
  for (const word of text.split(/[ \t\n]+/).filter(Boolean)) {
    const last = lines[lines.length - 1];
    const longer = last ? `${last} ${word}` : word;
    if (fits(longer)) {
      lines[lines.length - 1] = longer;
      continue;
    }
    let rest = word;
    if (last) lines.push("");
    while (!fits(rest) && rest.length > 1) {
      let many = [...rest].length - 1;
      while (many > 1 && !fits([...rest].slice(0, many).join(""))) many -= 1;
      lines[lines.length - 1] = [...rest].slice(0, many).join("");
      lines.push("");
      rest = [...rest].slice(many).join("");
    }
    lines[lines.length - 1] = rest;
  }
  return lines.map((line) => line.replace(/ ·$/, "")).filter(Boolean);
}

function words(lines, style, colour, top) {
  const family = `"${FAMILY}", "Source Sans 3", system-ui, sans-serif`;
  return lines.map((line, place) =>
    element("text", {
      x: SIDE, y: top + place * style.line + style.size, fill: colour,
      "font-family": family, "font-size": style.size, "font-weight": style.weight,
    }, line));
}

async function asDataAddress(address) {
  const blob = await (await fetch(address)).blob();
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}

let face = null;

// The page's font as a rule that needs no page; "" where there is none, and then the reader's own font is taken.
async function fontFace() {
  if (face !== null) return face;
  face = "";
  for (const sheet of document.styleSheets) {
    if (sheet.href && new URL(sheet.href).origin !== location.origin) continue;
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSFontFaceRule) || rule.style.fontStyle === "italic") continue;
      if (rule.style.getPropertyValue("font-family").replace(/["']/g, "") !== FAMILY) continue;
      const address = /url\(["']?([^"')]+)/.exec(rule.style.getPropertyValue("src"))?.[1];
      if (!address) continue;
      const data = await asDataAddress(new URL(address, sheet.href ?? location.href));
      face = `@font-face{font-family:"${FAMILY}";font-weight:100 900;src:url(${data}) format("woff2")}`;
      return face;
    }
  }
  return face;
}

// The picture as an SVG element with `width` and `height`.
async function picture(graph, { title, note, foot, paper, ink, quiet }) {
  const layers = [...graph.querySelectorAll("svg.main-svg")];
  if (!layers.length) throw new Error("The chart is not drawn yet.");
  const width = Math.ceil(Number(layers[0].getAttribute("width")));
  const inside = Math.ceil(Number(layers[0].getAttribute("height")));
  const heads = wrapped(title, TITLE, width - 2 * SIDE);
  const notes = wrapped(note, NOTE, width - 2 * SIDE);
  const feet = wrapped(foot, FOOT, width - 2 * SIDE);
  const below = heads.length * TITLE.line + 10;
  const top = below + notes.length * NOTE.line + 10;
  const height = top + inside + feet.length * FOOT.line + 18;
  const root = element("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
  root.append(element("title", {}, title), element("desc", {}, foot));
  const rule = await fontFace();
  if (rule) root.append(element("style", {}, rule));
  root.append(element("rect", { width, height, fill: paper }), ...words(heads, TITLE, ink, 10),
    ...words(notes, NOTE, quiet, below));
  for (const layer of layers) {
    const copy = layer.cloneNode(true);
    copy.querySelectorAll(NOT_DRAWN).forEach((part) => part.remove());
    copy.removeAttribute("style");
    for (const [key, value] of [["x", 0], ["y", top], ["width", width], ["height", inside]]) copy.setAttribute(key, value);
    root.append(copy);
  }
  root.append(...words(feet, FOOT, quiet, height - feet.length * FOOT.line - 9));
  return root;
}

function asText(root) {
  const text = new XMLSerializer().serializeToString(root).replace(NOT_WRITTEN, "");
  return new Blob([`<?xml version="1.0" encoding="UTF-8"?>\n${text}\n`], { type: "image/svg+xml" });
}

async function asPixels(root) {
  const address = URL.createObjectURL(asText(root));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const sheet = document.createElement("canvas");
    sheet.width = SCALE * Number(root.getAttribute("width"));
    sheet.height = SCALE * Number(root.getAttribute("height"));
    sheet.getContext("2d").drawImage(image, 0, 0, sheet.width, sheet.height);
    const blob = await new Promise((done) => sheet.toBlob(done, "image/png"));
    if (!blob) throw new Error("The picture is too large for this browser.");
    return blob;
  } finally {
    URL.revokeObjectURL(address);
  }
}

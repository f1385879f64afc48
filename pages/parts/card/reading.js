
/* The reading side of a sheet: prompt, context, reference, and the text under judgement, biggest. */

/* One column: there a long context would push what is judged out of sight. */
const NARROW = matchMedia("(max-width: 860px)");
const SIDES = { only: "Output", left: "Left", right: "Right" };

class Reading {
  constructor(card) {
    this.card = card;
    this.view = "rendered";
    this.compared = null;
    this.panes = new Map();
    const aside = this.aside();
    this.element = make("div", { class: `reading-inner ${card.kind} ${aside ? "aided" : ""}` }, aside, this.judged());
  }

  aside() {
    const { card } = this;
    const parts = [];
    if (card.kind !== "item" && card.messages_html) parts.push(this.part("Prompt", card.messages_html, { open: true, kind: "prompt" }));
    if (card.context_html) parts.push(this.part("Context", card.context_html, { open: card.context_html.length < 1200 || !NARROW.matches }));
    if (card.reference_html) parts.push(this.part("Reference", card.reference_html, { open: true, kind: "reference" }));
    return parts.length ? make("div", { class: "beside" }, parts) : null;
  }

  part(name, html, { open = false, kind = "" } = {}) {
    const text = make("div", { class: "part-text", tabindex: "0", role: "region", "aria-label": name }, prose(html));
    if (kind === "prompt") this.prompt = text;
    return make("details", { class: `part ${kind}`, open }, make("summary", {}, name), text);
  }

  judged() {
    const { card } = this;
    if (card.kind === "item") return make("div", { class: "outs one" }, this.pane("item", "Item", card.messages_html, null, true));
    const panes = card.outputs.map((output, place) =>
      this.pane(output.side, SIDES[output.side] ?? output.side, output.html, output.words, place === 0),
    );
    return make("div", { class: `outs ${panes.length > 1 ? "two" : "one"}` }, panes);
  }

  pane(side, name, html, words, first) {
    const text = make("div", { class: "out-text", tabindex: "0", role: "region", "aria-label": name }, prose(html));
    this.panes.set(side, text);
    const tools = make("span", { class: "out-tools" }, words === null || words === undefined ? null : make("span", { class: "words" }, counted(words, "word")));
    if (first) {
      this.rawButton = make("button", { type: "button", class: "plain", "data-act": "raw", "aria-pressed": "false", "aria-keyshortcuts": "R" }, "Raw ", key("R"));
      tools.append(this.rawButton);
    }
    if (first && this.card.kind === "pair") {
      this.diffButton = make("button", { type: "button", class: "plain", "data-act": "diff", "aria-pressed": "false", "aria-keyshortcuts": "D" }, "Compare ", key("D"));
      tools.append(this.diffButton);
    }
    return make("section", { class: `out ${side}`, "data-side": side }, make("header", {}, make("span", { class: "side" }, name), tools), text);
  }

  /* rendered | raw | diff; the scroll position stays, so that one can flip and compare. */
  show(view) {
    this.view = view;
    this.rawButton?.setAttribute("aria-pressed", String(view === "raw"));
    this.diffButton?.setAttribute("aria-pressed", String(view === "diff"));
    const { card } = this;
    for (const [side, text] of this.panes) text.replaceChildren(prose(this.html(side), view));
    if (this.prompt) this.prompt.replaceChildren(prose(view === "raw" ? card.messages_raw_html : card.messages_html, view));
  }

  html(side) {
    const { card, view } = this;
    if (side === "item") return view === "raw" ? card.messages_raw_html : card.messages_html;
    if (view === "diff") return this.compared[side];
    const output = card.outputs.find((one) => one.side === side);
    return view === "raw" ? output.raw_html : output.html;
  }

  scroll(pages) {
    for (const text of this.panes.values()) text.scrollBy({ top: pages * text.clientHeight * 0.85 });
  }

  mark(side) {
    for (const pane of this.element.querySelectorAll(".out")) pane.classList.toggle("chosen", pane.dataset.side === side);
  }
}


/* Keys. Letters act on the subject, digits answer the active question. Nothing fires while somebody types, with
   a modifier, or from a held key. Handled keys stop here: Streamlit has its own R and C. */

const LETTERS = {
  s: "skip", f: "flag", c: "comment", r: "raw", d: "diff", g: "guidelines", n: "abstain", u: "undo", k: "keep", e: "revise", "?": "keys",
};
const NAMED = {
  F1: "keys", Enter: "submit", Backspace: "back", ArrowLeft: "back", ArrowRight: "forward", ArrowDown: "down", ArrowUp: "up",
  PageDown: "page-down", PageUp: "page-up", Delete: "clear",
};

const KEY_LIST = [
  ["Answer", [
    [["1", "…", "9"], "Choose an option of the marked question"],
    [["⇥"], ["⇧⇥"], "Next or previous question (also ↓ ↑)"],
    [["N"], "Can't tell"],
    [["⇧1", "…", "⇧5"], "How sure you are", "confidence"],
    [["C"], "Comment; Esc leaves it", "comment"],
    [["Del"], "Clear the marked question"],
    [["⏎"], "Submit, and on to the next"],
  ]],
  ["Move", [
    [["←"], "Back to an answer you gave (also ⌫); → forward"],
    [["U"], "Undo the last submit, skip or flag"],
    [["S"], "Skip, with a reason"],
    [["F"], "Flag, with a reason"],
    [["PgDn"], ["PgUp"], "Scroll the texts"],
  ]],
  ["Look", [
    [["R"], "Raw text, or rendered"],
    [["D"], "Compare two outputs word by word"],
    [["G"], "Guidelines and definitions"],
    [["?"], "This list (also F1)"],
    [["Esc"], "Close, leave a field, or come back to the current subject"],
  ]],
  ["After the reveal", [
    [["K"], "Keep your answer and go on (also ⏎)"],
    [["E"], "Revise it"],
  ], "reveal"],
];

/* The digit that a key stands for, by its place on the board, so that layouts with shifted digits work. */
function digitOf(event) {
  const place = /^(?:Digit|Numpad)(\d)$/.exec(event.code ?? "");
  if (place) return place[1];
  return /^\d$/.test(event.key) ? event.key : null;
}

class Keys {
  constructor(card, root) {
    Object.assign(this, { card, root });
    this.listener = (event) => this.pressed(event);
    window.addEventListener("keydown", this.listener, true);
  }

  close() {
    window.removeEventListener("keydown", this.listener, true);
  }

  pressed(event) {
    const target = event.composedPath()[0];
    const ours = event.composedPath().includes(this.root);
    if (takesText(target)) {
      if (ours) this.typed(event, target);
      return;
    }
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.meaningOf(event, target, ours);
    if (!act) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) this.card.act(act.name, act);
    else if (act.name.startsWith("page-")) this.card.act(act.name, act);
  }

  /* Somebody types in one of our fields: only leaving it is a key, and nothing reaches Streamlit's own keys. */
  typed(event, field) {
    event.stopImmediatePropagation();
    if (event.isComposing || event.repeat) return;
    const inForm = this.card.isAnswerField(field);
    if (event.key === "Escape") {
      event.preventDefault();
      this.card.act("leave-field");
    } else if (event.key === "Enter" && field.matches("input")) {
      event.preventDefault();
      this.card.act(inForm ? "number-enter" : "field-enter", { field });
    } else if (event.key === "Tab" && inForm) this.tab(event);
  }

  tab(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (!this.card.moveTo(event.shiftKey ? -1 : 1)) return;
    event.preventDefault();
  }

  meaningOf(event, target, ours) {
    if (event.key === "Escape") return { name: "escape" };
    if (this.card.modal) return event.key === "?" || event.key === "F1" ? { name: "keys" } : null;
    if (event.key === "?" || event.key === "F1") return { name: "keys" };
    if (!this.card.grading) return event.key === "u" && this.card.mode === "end" ? { name: "undo" } : null;
    if (event.key === "Tab") return this.byTab(event, target, ours);
    const digit = digitOf(event);
    if (digit !== null) return event.shiftKey && /^Digit/.test(event.code) ? { name: "sure", digit } : { name: "digit", digit };
    if (event.shiftKey) return null;
    if (target instanceof HTMLElement && target.matches("input[type=range]") && event.key.startsWith("Arrow")) return null;
    if (event.key === "Enter" && this.isOtherControl(target)) return null;
    const name = NAMED[event.key] ?? LETTERS[event.key.toLowerCase()];
    return name ? { name } : null;
  }

  /* Enter on a focused link, button or summary that is no answer does what that control does. */
  isOtherControl(target) {
    if (!(target instanceof HTMLElement) || target.matches("[role=radio], .cant, [data-act=submit], [data-act=keep]")) return false;
    return target.matches("a, button, summary, [role=button], [role=tab], [role=link]");
  }

  byTab(event, target, ours) {
    const inAsks = ours && target.closest?.(".ask");
    const nowhere = target === document.body || (ours && target.closest?.(".reading-inner") === null && !target.closest?.("button, a, summary"));
    if (nowhere && !inAsks && !event.shiftKey) return { name: "to-active" };
    if (!inAsks) return null;
    return this.card.canMove(event.shiftKey ? -1 : 1) ? { name: event.shiftKey ? "up" : "down" } : null;
  }
}

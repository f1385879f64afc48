
/* One subject on the desk: what was sent of it, and the answer as far as it goes. */

const CONFIDENCE = "confidence";
const ABSTAINED = "abstained";

/* The keys that options wear: their own digit where each is one, else 1..9, 0; beyond ten, two digits. */
function keysFor(options) {
  const own = options.map((option) => (/^\d$/.test(option.label.trim()) ? option.label.trim() : option.key));
  if (own.every((one) => /^\d$/.test(one)) && new Set(own).size === own.length) return own;
  if (options.length <= 10) return options.map((_, place) => String((place + 1) % 10));
  const numbers = options.map((option) => option.key);
  if (numbers.every((one) => /^\d{1,2}$/.test(one))) return numbers.map((one) => one.padStart(2, "0"));
  return options.map((_, place) => String(place + 1).padStart(2, "0"));
}

/* How the options of a criterion are laid out: short ones in a line beside the question, a row, or a list. */
function layoutOf(criterion, siblings) {
  if (criterion.numeric) return "number";
  const labels = criterion.options.map((option) => option.label.length);
  const total = labels.reduce((sum, length) => sum + length, 0);
  const longest = Math.max(...labels);
  const defined = criterion.options.some((option) => option.definition);
  const rows = siblings.reduce((sum, one) => sum + one.options.length, 0);
  const sides = criterion.options.some((option) => option.key === "left");
  if (sides && longest <= 14) return "wide";
  if (defined && rows <= 8) return "list";
  if (siblings.length > 1 && labels.length <= 3 && total <= 9) return "row";
  if (longest <= 2 && labels.length <= 11) return "wide";
  return longest * labels.length <= 46 && labels.length <= 5 && total <= 38 ? "wide" : "list";
}

const MEANING = { yes: "met", no: "unmet", na: "na", pass: "met", fail: "unmet" };

class Sheet {
  constructor(card, { criteria, settings }) {
    this.settings = settings;
    this.asks = card.criteria.map((id) => criteria.get(id)).filter(Boolean);
    this.shown = 0;
    this.spent = 0;
    this.take(card);
    this.reading = new Reading(card);
    this.form = new Form(this);
  }

  /* The card as the server has it now: its draft, else what stands on record. */
  take(card) {
    this.card = card;
    const given = card.draft ?? card.answers ?? {};
    this.values = { ...(given.values ?? {}) };
    this.comment = given.comment ?? "";
    this.confidence = given.confidence === null || given.confidence === undefined ? null : Math.round(given.confidence * 4) + 1;
    this.reveal = card.reveal ?? null;
    this.submission = card.submission ?? null;
    this.state = card.state;
    this.number = card.draft_number ?? 0;
    this.sent = card.state === "submitted" && !card.draft;
    this.locked = false;
    this.record = this.sent ? this.snapshot() : null;
    const place = this.asks.findIndex((one) => String(one.id) === String(card.draft?.criterion));
    this.active = place >= 0 ? place : Math.max(0, this.firstOpen());
  }

  get past() {
    return this.sent || this.state === "skipped" || this.state === "flagged";
  }

  valueOf(criterion) {
    return this.values[criterion.id] ?? null;
  }

  /* The places that a key can be in: every criterion, and confidence where the study asks for it. */
  get places() {
    return this.asks.length + (this.settings.confidence === "off" ? 0 : 1);
  }

  isConfidence(place) {
    return place === this.asks.length;
  }

  answered(place) {
    return this.isConfidence(place) ? this.confidence !== null : this.valueOf(this.asks[place]) !== null;
  }

  wanted(place) {
    return this.isConfidence(place) ? this.settings.confidence === "required" : true;
  }

  /* The first place without an answer, looking from `start` round to it; -1 if none is open. */
  firstOpen(start = 0) {
    for (let step = 0; step < this.places; step += 1) {
      const place = (start + step) % this.places;
      if (!this.answered(place) && this.wanted(place)) return place;
    }
    return -1;
  }

  /* What keeps this sheet from being submitted: {place | field, message}, or null. */
  missing() {
    for (const [place, criterion] of this.asks.entries())
      if (criterion.required && !this.answered(place)) return { place, message: `“${criterion.name}” needs an answer.`, here: "Needs an answer." };
    if (!this.asks.some((_, place) => this.answered(place)))
      return { place: 0, message: this.asks.length > 1 ? "Answer at least one question." : `“${this.asks[0]?.name}” needs an answer.` };
    if (this.settings.confidence === "required" && this.confidence === null)
      return { place: this.asks.length, message: "Say how sure you are." };
    if (this.settings.comment === "required" && !this.comment.trim()) return { field: "comment", message: "A comment is required." };
    return null;
  }

  /* Five steps on the card, a share from 0 to 1 on record. */
  get share() {
    return this.confidence === null ? null : (this.confidence - 1) / 4;
  }

  snapshot() {
    const values = Object.fromEntries(Object.entries(this.values).sort());
    return JSON.stringify({ values, comment: this.comment.trim(), confidence: this.confidence });
  }

  get changed() {
    return this.snapshot() !== this.record;
  }

  draft() {
    const criterion = this.isConfidence(this.active) ? null : (this.asks[this.active]?.id ?? null);
    return { values: this.values, comment: this.comment, confidence: this.share, criterion };
  }

  answer() {
    const known = new Set(this.asks.map((criterion) => String(criterion.id)));
    const values = Object.fromEntries(Object.entries(this.values).filter(([id]) => known.has(id)));
    return { values, comment: this.comment.trim(), confidence: this.share };
  }
}

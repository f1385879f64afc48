
/* The desk: sheets in a line, past ones first, the current one at `front`, the next ones behind it, ready to show. */

const HELD = 5;

class Desk {
  constructor({ study, rater, state, shelf }) {
    Object.assign(this, { study, rater, shelf, line: [], front: 0, at: 0, done: false, refilling: null, failures: 0 });
    this.learn(state);
  }

  /* The study as the server describes it. */
  learn(state) {
    this.state = state;
    this.progress = state.progress;
    this.criteria = new Map(state.criteria.map((criterion) => [criterion.id, criterion]));
  }

  get sheet() {
    return this.line[this.at] ?? null;
  }

  get current() {
    return this.line[this.front] ?? null;
  }

  find(subject) {
    return this.line.find((sheet) => sheet.card.subject === subject) ?? null;
  }

  lay(card) {
    return new Sheet(card, { criteria: this.criteria, settings: this.state.settings });
  }

  /* Fetch what is missing to a full hand; one request at a time. */
  refill(unsaved) {
    const ready = this.line.length - this.front;
    if (this.refilling || this.done || ready >= HELD - 1) return this.refilling ?? Promise.resolve();
    this.refilling = this.fetch(HELD - ready, unsaved).finally(() => (this.refilling = null));
    return this.refilling;
  }

  async fetch(count, unsaved) {
    const holding = [...this.line.slice(this.front).map((sheet) => sheet.card.subject), ...unsaved];
    const answer = await ask("POST", "/grading/next", { study: this.study, rater: this.rater, holding: [...new Set(holding)], count });
    if (answer.cards.some((card) => card.criteria.some((id) => !this.criteria.has(id)))) await this.relearn();
    for (const card of answer.cards) if (!this.holds(card.subject)) this.line.push(this.restored(this.lay(card)));
    this.done = answer.done && answer.cards.length === 0;
    this.progress = answer.progress ?? this.progress;
  }

  holds(subject) {
    return this.line.slice(this.front).some((sheet) => sheet.card.subject === subject);
  }

  async relearn() {
    this.learn(await fetched("/grading/state", { study: this.study }));
  }

  /* Answers to earlier versions of the questions, moved to the versions that are asked now. */
  carried(values, asked) {
    const lineages = new Map(asked.map((criterion) => [String(criterion.id), criterion.lineage]));
    const now = new Map([...this.criteria.values()].map((criterion) => [criterion.lineage, criterion.id]));
    return Object.fromEntries(Object.entries(values).map(([id, value]) => [now.get(lineages.get(id)) ?? id, value]));
  }

  /* A draft that this browser kept because the server could not be reached. */
  restored(sheet) {
    const kept = this.shelf.take(String(sheet.card.subject));
    if (!kept?.draft || sheet.sent) return sheet;
    sheet.take({ ...sheet.card, draft: kept.draft });
    sheet.form.paint();
    sheet.kept = true;
    return sheet;
  }

  /* The current sheet was answered: it is past now. */
  pass() {
    this.front += 1;
    this.at = this.front;
    for (const old of this.line.splice(0, Math.max(0, this.front - 60))) this.shelf.drop(String(old.card.subject));
    const cut = this.front - Math.min(this.front, 60);
    this.front -= cut;
    this.at -= cut;
  }

  remove(sheet) {
    const place = this.line.indexOf(sheet);
    if (place < 0) return;
    this.line.splice(place, 1);
    if (place < this.front) this.front -= 1;
    if (place < this.at) this.at -= 1;
  }

  /* Put a sheet on top of the ones that wait, and look at it. */
  reopen(sheet) {
    this.remove(sheet);
    this.line.splice(this.front, 0, sheet);
    this.at = this.front;
  }

  /* Something of this person's own: a past grade, the list of them, a comparison. */
  read(what, about) {
    return fetched(`/grading/${what}`, { study: this.study, ...about }, this.rater);
  }

  /* One more past answer before the first of the line, from the server; false if there is none. */
  async older() {
    const known = new Set(this.line.map((sheet) => sheet.card.subject));
    let before = null;
    for (let page = 0; page < 20; page += 1) {
      const answer = await this.read("mine", { before, state: "submitted" });
      const row = answer.rows.find((one) => !known.has(one.subject));
      if (row) {
        const { card } = await this.read("open", { subject: row.subject });
        this.line.unshift(this.lay(card));
        this.front += 1;
        this.at = 0;
        return true;
      }
      if (!answer.more) return false;
      before = answer.more;
    }
    return false;
  }

  /* Open a past grade from the list; it stands just before the current one. */
  async open(subject) {
    const here = this.find(subject);
    if (here) {
      this.at = this.line.indexOf(here);
      return here;
    }
    const { card } = await this.read("open", { subject });
    const sheet = this.lay(card);
    this.line.splice(this.front, 0, sheet);
    this.at = this.front;
    if (sheet.past) this.front += 1;
    return sheet;
  }
}

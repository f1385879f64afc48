
/* Saving: one answer after the other, in the order they were given, until the server has each of them. Every request
   says whose page it comes from. */

const WAITS = [400, 1000, 2000, 4000, 8000, 15000];
const MOST_UNSAVED = 3;

class Outbox {
  constructor({ rater, shelf, changed, stopped }) {
    Object.assign(this, { rater, shelf, changed, stopped, jobs: [], failures: 0, trouble: "", held: false, running: false, left: false });
  }

  get full() {
    return this.jobs.length >= MOST_UNSAVED;
  }

  /* A job: {nonce, path, body, shown (wall clock), saved(answer), refused(error)}. Its request leaves at once, within
     the press, before anything is painted. */
  add(job) {
    this.jobs.push(job);
    job.done = new Promise((settle) => (job.settle = settle));
    this.run();
    this.shelf.put(job.nonce, { nonce: job.nonce, path: job.path, body: job.body, shown: job.shown, at: Date.now() });
    return job;
  }

  /* What an earlier page could not save, oldest first. */
  restore(saved, refused) {
    const kept = this.shelf.all().sort((one, other) => one.at - other.at);
    for (const job of kept) this.jobs.push({ ...job, saved, refused, settle: () => {}, done: Promise.resolve() });
    this.run();
  }

  async run() {
    if (this.running) return;
    this.running = true;
    while (this.jobs.length && !this.held) {
      const attempt = this.attempt(this.jobs[0]);
      this.changed();
      await attempt;
    }
    this.running = false;
    this.changed();
  }

  async attempt(job) {
    const body = { ...job.body, rater: this.rater };
    if (job.shown) body.shown_ms_ago = Math.max(0, Math.round(Date.now() - job.shown));
    try {
      const answer = await ask("POST", job.path, body);
      this.finish(job);
      if (!this.left) job.saved(answer, job);
    } catch (failure) {
      if (failure instanceof Refused && (this.left || failure.status === 401 || failure.rater)) {
        this.held = true;
        if (!this.left) this.stopped(failure);
      } else if (failure instanceof Refused) {
        this.finish(job);
        job.refused(failure, job);
      } else if (failure instanceof Unreached) {
        this.trouble = failure.message;
        await this.pause();
      } else throw failure;
    }
  }

  finish(job) {
    this.jobs.shift();
    this.shelf.drop(job.nonce);
    this.failures = 0;
    this.trouble = "";
    job.settle();
  }

  async pause() {
    const wait = WAITS[Math.min(this.failures, WAITS.length - 1)];
    this.failures += 1;
    this.nextTry = Date.now() + wait;
    this.changed();
    await new Promise((resume) => {
      this.resume = resume;
      setTimeout(resume, wait);
    });
  }

  /* The page turns to another person or study: what is under way is finished or stays on the shelf, in silence. */
  leave() {
    this.left = true;
    this.changed = () => {};
  }

  /* Try at once: somebody pressed "try now", came back online, or gave a name. */
  hurry() {
    this.held = false;
    this.resume?.();
    this.run();
  }
}

/* Drafts: the newest state of the sheet being filled in, never two requests at a time. A grade does not wait for a
   draft that is under way: its number tells the server that the draft is late. */
class Drafts {
  constructor({ study, rater, shelf, changed, stopped }) {
    Object.assign(this, { study, rater, shelf, changed, stopped, sheet: null, timer: 0, sending: null, failures: 0, trouble: "" });
  }

  schedule(sheet) {
    this.sheet = sheet;
    this.shelf.put(String(sheet.card.subject), { subject: sheet.card.subject, draft: sheet.draft() });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), 400);
  }

  /* The sheet was submitted, skipped or left: its draft is not wanted any more. */
  forget(sheet) {
    this.shelf.drop(String(sheet.card.subject));
    if (this.sheet !== sheet) return;
    clearTimeout(this.timer);
    this.sheet = null;
  }

  /* Rises with every draft and with time, so that the newest of two tabs wins. */
  next(sheet) {
    const seconds = Math.floor((Date.now() - Date.UTC(2026, 0, 1)) / 1000);
    sheet.number = Math.max(sheet.number, seconds) + 1;
    return sheet.number;
  }

  async flush({ leaving = false } = {}) {
    clearTimeout(this.timer);
    if (this.sending && !leaving) await this.sending;
    const sheet = this.sheet;
    if (!sheet) return;
    this.sheet = null;
    this.sending = this.send(sheet, leaving).finally(() => (this.sending = null));
    await this.sending;
  }

  async send(sheet, leaving) {
    const subject = sheet.card.subject;
    const body = { study: this.study, rater: this.rater, subject, number: this.next(sheet), draft: sheet.draft() };
    try {
      await ask("POST", "/grading/draft", body, { keepalive: leaving });
      this.failures = 0;
      this.trouble = "";
      if (!this.sheet) this.shelf.drop(String(subject));
    } catch (failure) {
      this.trouble = failure instanceof Refused && (failure.status === 401 || failure.rater) ? "" : failure.message;
      if (failure.rater) {
        if (!sheet.sent) this.sheet ??= sheet;
        this.stopped(failure);
      } else if (failure instanceof Unreached && !sheet.sent) this.again(sheet);
    }
    this.changed();
  }

  again(sheet) {
    this.sheet ??= sheet;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), WAITS[Math.min(this.failures + 1, WAITS.length - 1)]);
    this.failures += 1;
  }
}

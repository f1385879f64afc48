
/* What goes to the server: grades, changes of mind, what is set aside, what is taken back; and what comes of it. */

class Submitting extends Acting {
  tooSoon(sheet) {
    if (performance.now() - sheet.shown >= (this.state.dwell_ms ?? 300)) return false;
    this.note("A moment: too soon to grade.", { brief: true });
    return true;
  }

  unready(sheet) {
    const wrong = sheet.form.blocks.find((block) => block.wrong);
    const missing = wrong ? { place: wrong.place, message: wrong.wrong } : sheet.missing();
    if (!missing) return false;
    this.note(missing.message);
    sheet.form.say(missing);
    return true;
  }

  submitOrKeep() {
    const sheet = this.desk.sheet;
    if (sheet.locked && sheet.reveal) this.keep();
    else if (!sheet.locked) this.submit(sheet);
  }

  submit(sheet) {
    if (this.tooSoon(sheet) || this.unready(sheet)) return;
    if (sheet.sent && !sheet.changed) {
      if (sheet.revising) this.keep();
      else this.forward("Nothing changed.");
      return;
    }
    if (this.full()) return;
    const act = sheet.reveal ? "revise" : "grade";
    const first = !sheet.past;
    const { rubric, guideline, settings } = this.desk.state;
    this.tick();
    this.drafts.forget(sheet);
    const body = {
      study: this.desk.study, subject: sheet.card.subject, ...sheet.answer(), seconds: Math.round(sheet.spent / 100) / 10,
      order: sheet.card.order, rubric: rubric?.id ?? null, guideline: guideline?.id ?? null, act, number: sheet.number,
    };
    sheet.sent = true;
    sheet.state = "submitted";
    sheet.record = sheet.snapshot();
    sheet.revising = false;
    this.send("/grading/submit", body, sheet, { fresh: first ? "mine" : null, shown: sheet.shownAt });
    if (settings.reveal === "after" && !sheet.reveal) this.awaitReveal(sheet);
    else this.advance(sheet, first ? "" : "Changed.");
  }

  full() {
    if (!this.outbox.full) return false;
    this.note(`${MOST_UNSAVED} answers are not saved yet. This one stays here until they are.`);
    this.outbox.hurry();
    return true;
  }

  send(path, body, sheet, { fresh = null, shown = null } = {}) {
    const nonce = freshNonce();
    const job = {
      nonce, path, body: { ...body, nonce }, shown, fresh,
      saved: (answer) => this.saved(sheet, answer, job), refused: (error) => this.refused(error, job, sheet),
    };
    this.acts.push({ sheet, job });
    return this.outbox.add(job);
  }

  advance(sheet, notice = "") {
    const { desk } = this;
    if (sheet === desk.current) desk.pass();
    else desk.at = desk.front;
    this.next(notice);
  }

  /* With a reveal, the subject stays until its answer is on disk. */
  awaitReveal(sheet) {
    sheet.locked = true;
    sheet.awaiting = true;
    sheet.form.paint();
    this.note("Saving your answer before the others' are shown.");
    this.buttons();
  }

  saved(sheet, answer, job = null) {
    this.line();
    if (answer.progress && this.desk) this.desk.progress = answer.progress;
    if (job) this.tell({ subject: job.body.subject });
    if (sheet && answer.submission) sheet.submission = answer.submission;
    if (sheet?.awaiting) {
      sheet.awaiting = false;
      sheet.reveal = answer.reveal;
      const here = sheet === this.desk.sheet;
      if (!sheet.reveal) {
        sheet.locked = false;
        if (here) this.advance(sheet);
      } else if (here) this.showReveal();
    }
    this.header();
    if (this.grading && !this.outbox.jobs.length) this.top();
    else if (this.mode === "end") this.end();
  }

  showReveal() {
    this.paint();
    this.ui.reading.querySelector(".reveal").scrollIntoView({ block: "start" });
    this.ui.reading.querySelector(".reveal").focus({ preventScroll: true });
  }

  keep() {
    const sheet = this.desk.sheet;
    if (!sheet.reveal || !(sheet.locked || sheet.revising) || this.tooSoon(sheet) || this.full()) return;
    sheet.locked = sheet.revising = false;
    this.send("/grading/keep", { study: this.desk.study, subject: sheet.card.subject, submission: sheet.submission }, sheet);
    this.advance(sheet, "Kept.");
  }

  revise() {
    const sheet = this.desk.sheet;
    if (!sheet.reveal || !sheet.locked) return;
    sheet.locked = false;
    sheet.revising = true;
    sheet.active = 0;
    sheet.form.paint();
    this.buttons();
    sheet.form.focus();
  }

  /* A definite refusal: the subject comes back as it is asked now, with the answer that was given. */
  async refused(error, job, sheet = null) {
    const { desk } = this;
    this.acts = this.acts.filter((act) => act.job !== job);
    const asked = sheet?.asks ?? [];
    try {
      await desk.relearn();
    } catch {
      /* the old questions are shown again */
    }
    const back = await this.relaid(job, sheet, asked);
    if (!back) return this.note(`Not saved: ${error.message}`);
    for (const old of [sheet, desk.find(job.body.subject)]) if (old) desk.remove(old);
    desk.reopen(back);
    this.paint(`Not saved: ${error.message}`);
    const place = back.asks.findIndex((one) => String(one.id) === String(error.criterion));
    if (place >= 0) back.form.say({ place, message: error.message });
    this.touched(back);
    return undefined;
  }

  /* The refused subject on a fresh sheet: the server's card where it has one, else the one that was here. */
  async relaid(job, sheet, asked) {
    const { desk } = this;
    const { values, comment, confidence, order, subject } = job.body;
    let card = null;
    try {
      card = (await desk.read("open", { subject })).card;
    } catch {
      if (!sheet) return null;
      const criteria = desk.state.criteria.filter((one) => one.applies_to === sheet.card.kind).map((one) => one.id);
      card = { ...sheet.card, criteria, draft: null, answers: null, submission: null, state: "to do" };
    }
    if (!values || (order ?? null) !== card.order) return desk.lay(card);
    const draft = { values: desk.carried(values, asked), comment, confidence, criterion: null };
    const back = desk.lay({ ...card, draft });
    back.sent = card.state === "submitted";
    return back;
  }

  setAside(kind) {
    const sheet = this.desk.sheet;
    const field = this.ui.reason.querySelector("input");
    const reason = field.value.trim();
    if (!reason) {
      field.placeholder = "Say why in a word or two";
      field.setAttribute("aria-invalid", "true");
      field.focus();
      return;
    }
    if (this.full()) return;
    this.drafts.forget(sheet);
    const fresh = sheet.past ? null : kind === "skip" ? "skipped" : "flagged";
    sheet.state = kind === "skip" ? "skipped" : "flagged";
    this.send(`/grading/${kind}`, { study: this.desk.study, subject: sheet.card.subject, reason }, sheet, { fresh });
    this.advance(sheet, kind === "skip" ? "Skipped." : "Flagged.");
  }

  async undo() {
    const last = this.acts.at(-1);
    if (!last || this.undoing) {
      if (!last) this.note("Nothing to undo in this sitting. Older answers are under Review.");
      return;
    }
    if (this.outbox.jobs.includes(last.job) && this.outbox.failures) {
      this.note("It is not saved yet. Undo works once it is.");
      return;
    }
    this.undoing = true;
    try {
      await last.job.done;
      if (this.acts.at(-1) === last) await this.undoSaved(last);
    } catch (failure) {
      if (!this.strange(failure)) this.note(`Not undone: ${failure.message}`);
    }
    this.undoing = false;
  }

  async undoSaved(last) {
    const { desk } = this;
    const aside = last.job.path === "/grading/skip" || last.job.path === "/grading/flag";
    const about = aside ? { subject: last.sheet.card.subject } : { submission: last.sheet.submission };
    const answer = await ask("POST", "/grading/undo", { study: desk.study, rater: desk.rater, ...about, nonce: freshNonce() });
    this.acts.pop();
    if (answer.progress) desk.progress = answer.progress;
    else this.uncount(last.job);
    desk.remove(last.sheet);
    const sheet = desk.lay(answer.card);
    desk.reopen(sheet);
    desk.done = false;
    this.paint("Undone. Your answer is open again.");
  }

  uncount(job) {
    if (!job.fresh) return;
    this.desk.progress = { ...this.desk.progress, [job.fresh]: this.desk.progress[job.fresh] - 1, left: this.desk.progress.left + 1 };
  }
}

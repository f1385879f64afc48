
/* What keys, clicks and typing do to the sheet and the desk. Nothing here reaches the server by itself. */

class Acting extends Showing {
  act(name, detail = {}) {
    const acts = {
      submit: () => this.submitOrKeep(), back: () => this.back(), forward: () => this.forward(), undo: () => this.undo(),
      skip: () => this.askReason("skip"), flag: () => this.askReason("flag"), comment: () => this.desk.sheet.form.field?.focus(),
      raw: () => this.raw(), diff: () => this.diff(), guidelines: () => this.guidelines(), keys: () => this.showKeys(),
      abstain: () => this.abstain(this.desk.sheet.active), keep: () => this.keep(), revise: () => this.revise(),
      down: () => this.moveTo(1), up: () => this.moveTo(-1), "to-active": () => this.desk.sheet.form.focus(),
      "page-down": () => this.desk.sheet.reading.scroll(1), "page-up": () => this.desk.sheet.reading.scroll(-1),
      clear: () => this.clear(), digit: () => this.digit(detail.digit), sure: () => this.sure(detail.digit),
      escape: () => this.escape(), "leave-field": () => this.leaveField(), "number-enter": () => this.numberEnter(detail.field),
      "field-enter": () => this.fieldEnter(detail.field), retry: () => this.outbox.hurry(), who: () => this.askName(true),
      "give-name": () => this.giveName(), "go-on": () => this.goOn(), "turn-over": () => this.begin(), review: () => this.review(""), "review-skipped": () => this.review("skipped"),
      "review-flagged": () => this.review("flagged"), "review-filter": () => this.review(detail.button.dataset.filter),
      "review-more": () => this.review(this.reviewed.filter, true), open: () => this.openPast(detail.button.dataset.subject),
      "confirm-skip": () => this.setAside("skip"), "confirm-flag": () => this.setAside("flag"),
      "reason-chip": () => this.reasonChip(detail.button.dataset.reason), progress: () => this.showProgress(),
    };
    return acts[name]?.();
  }

  clicked(event) {
    const target = event.target.closest("[data-act], .choice, .cant, .ask");
    if (!target || event.target.closest(".prose")) return;
    if (target.matches(".choice")) this.choose(Number(target.dataset.place), this.desk.sheet.form.blocks[target.dataset.place].valueAt(Number(target.dataset.at)));
    else if (target.matches(".cant")) this.abstain(Number(target.dataset.place));
    else if (target.dataset.act) {
      this.act(target.dataset.act, { button: target });
      if (event.detail && this.grading && !this.popoverOpen && this.ui.drawer.hidden && !this.modal) this.desk.sheet.form.focus({ scroll: false });
    } else if (!this.desk.sheet.locked && target.dataset.place && !event.target.closest("input")) {
      this.desk.sheet.active = Number(target.dataset.place);
      this.desk.sheet.form.paint();
    }
  }

  entered(event) {
    const sheet = this.desk?.sheet;
    const field = event.target;
    if (!sheet || !this.isAnswerField(field)) return;
    if (field === sheet.form.field) sheet.comment = field.value;
    else {
      const block = sheet.form.blocks[field.dataset.place];
      if (field === block.slider) block.number.value = field.value;
      sheet.active = block.place;
      block.read();
      sheet.form.paint();
    }
    sheet.form.quiet();
    this.touched(sheet);
  }

  focused(event) {
    const place = event.target.closest?.(".ask")?.dataset.place;
    const sheet = this.desk?.sheet;
    if (place === undefined || !sheet || sheet.locked || sheet.active === Number(place)) return;
    sheet.active = Number(place);
    sheet.form.paint();
  }

  left(event) {
    if (event.target.matches?.(".number-line input")) queueMicrotask(() => this.desk?.sheet?.form.paint());
  }

  isAnswerField(field) {
    return Boolean(this.grading && this.desk?.sheet?.form.element.contains(field));
  }

  touched(sheet) {
    this.buttons();
    if (!sheet.sent) this.drafts.schedule(sheet);
  }

  choose(place, value) {
    const sheet = this.desk.sheet;
    if (sheet.locked) return;
    if ("confidence" in value) sheet.confidence = value.confidence;
    else sheet.values[sheet.asks[place].id] = value;
    const open = sheet.firstOpen((place + 1) % sheet.places);
    sheet.active = open >= 0 ? open : place;
    sheet.form.quiet();
    sheet.form.paint();
    sheet.form.focus();
    this.note("");
    this.touched(sheet);
  }

  digit(digit) {
    const chosen = this.desk.sheet.locked ? null : this.desk.sheet.form.digit(digit);
    if (chosen) this.choose(chosen.place, chosen.value);
  }

  sure(digit) {
    const sheet = this.desk.sheet;
    if (sheet.settings.confidence !== "off" && digit >= 1 && digit <= 5) {
      const before = sheet.active;
      this.choose(sheet.asks.length, { confidence: Number(digit) });
      if (!sheet.answered(before)) sheet.active = before;
      sheet.form.paint();
    }
  }

  abstain(place) {
    const sheet = this.desk.sheet;
    if (sheet.isConfidence(place) || sheet.locked) return;
    if (sheet.valueOf(sheet.asks[place])?.absence === ABSTAINED) this.clear(place);
    else this.choose(place, { absence: ABSTAINED });
  }

  clear(place = this.desk.sheet.active) {
    const sheet = this.desk.sheet;
    if (sheet.locked) return;
    sheet.active = place;
    if (sheet.isConfidence(place)) sheet.confidence = null;
    else delete sheet.values[sheet.asks[place].id];
    sheet.form.paint();
    sheet.form.focus();
    this.touched(sheet);
  }

  canMove(step) {
    const sheet = this.desk.sheet;
    const to = sheet.active + step;
    return !sheet.locked && (to < sheet.places ? to >= 0 : Boolean(sheet.form.field));
  }

  /* To the next or previous question, or from the last one into the comment. */
  moveTo(step) {
    const sheet = this.desk.sheet;
    const inComment = this.root.activeElement === sheet.form.field && sheet.form.field;
    if (inComment ? step > 0 : !this.canMove(step)) return false;
    if (!inComment) sheet.active += step;
    if (sheet.active >= sheet.places) {
      sheet.active = sheet.places - 1;
      sheet.form.field.focus();
    } else sheet.form.focus();
    sheet.form.paint();
    return true;
  }

  leaveField() {
    if (this.popoverOpen || !this.grading) this.escape();
    else this.desk.sheet.form.focus();
  }

  numberEnter(field) {
    const sheet = this.desk.sheet;
    const block = sheet.form.blocks[field.dataset.place];
    const open = block.wrong ? -1 : sheet.asks.findIndex((one, place) => one.required && !sheet.answered(place));
    if (open < 0) {
      this.submitOrKeep();
      return;
    }
    sheet.active = open;
    sheet.form.focus();
    sheet.form.paint();
  }

  fieldEnter(field) {
    const enter = { name: () => this.giveName(), skip: () => this.setAside("skip"), flag: () => this.setAside("flag") };
    enter[field.dataset.enter]?.();
  }

  /* The current sheet, or whatever there is to say when none is left. While an answer is on its way, nothing else is
     asked of the server: the hand is filled when it is saved. */
  async next(notice = "") {
    const { desk } = this;
    if (desk.current) {
      desk.at = desk.front;
      this.paint(notice);
      if (!this.outbox.jobs.length) this.top();
      return;
    }
    if (desk.done) {
      this.end();
      return;
    }
    if (this.mode === "grading") this.wait("Fetching the next one.");
    await this.top();
    if (desk.current) this.next(notice);
    else if (desk.done) this.end();
  }

  /* Fill the hand again; while the server is away, keep trying quietly. */
  async top() {
    const { desk, turn } = this;
    try {
      await desk.refill(this.outbox.jobs.map((job) => job.body.subject));
      desk.failures = 0;
      this.header();
    } catch (failure) {
      if (this.strange(failure)) return undefined;
      if (failure instanceof Refused) return desk.current ? this.note(failure.message) : this.empty("Nothing can be graded now", failure.message, this.data.links.study, "Open the study");
      if (!desk.current) this.wait("The server does not answer. Trying again.");
      await new Promise((resume) => setTimeout(resume, WAITS[Math.min(desk.failures++, WAITS.length - 1)]));
      if (turn === this.turn && desk === this.desk && !this.stopping.signal.aborted) await this.top();
    }
    return undefined;
  }

  async back() {
    const { desk } = this;
    if (desk.at > 0) {
      desk.at -= 1;
      this.paint();
      return;
    }
    try {
      if (await desk.older()) this.paint();
      else this.note("There is nothing before this one.", { brief: true });
    } catch (failure) {
      if (!this.strange(failure)) this.note(failure.message);
    }
  }

  forward(notice = "") {
    const { desk } = this;
    if (desk.at >= desk.front) return;
    desk.at += 1;
    if (desk.at >= desk.front) this.next(notice);
    else this.paint(notice);
  }

  askReason(kind) {
    const sheet = this.desk.sheet;
    if (sheet.locked) return;
    if (sheet.sent) {
      this.note(kind === "skip" ? "You have graded this one already." : "Undo the grade first, then flag it.");
      return;
    }
    this.closePopovers();
    this.ui.reason.replaceChildren(...reasonPanel(kind));
    this.ui.reason.hidden = false;
    this.ui.reason.querySelector("input").focus();
  }

  reasonChip(text) {
    const field = this.ui.reason.querySelector("input");
    field.value = text;
    field.focus();
  }

  /* Active time on the sheet: while the page is seen and something moves at least every half minute. */
  tick() {
    const now = performance.now();
    const sheet = this.grading && !document.hidden ? this.desk?.sheet : null;
    if (sheet) sheet.spent += Math.min(now - (this.seen ?? now), 30000);
    this.seen = now;
  }
}

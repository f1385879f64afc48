
/* What stands on the screen: the subject, the head with its counts, and what lies over or in place of the desk. */

class Showing {
  get grading() {
    return this.mode === "grading";
  }

  get modal() {
    return !this.ui.veil.hidden;
  }

  setMode(mode) {
    this.mode = mode;
    this.frame.dataset.mode = mode;
    this.ui.body.hidden = mode !== "grading";
    this.ui.stage.hidden = mode === "grading";
  }

  stage(mode, ...inside) {
    this.closePopovers();
    this.setMode(mode);
    this.ui.stage.replaceChildren(...inside);
    this.header();
  }

  empty(title, text, link, label) {
    this.stage("empty", emptyPanel({ title, text, link, label }));
  }

  wait(text) {
    this.stage("loading", make("div", { class: "page" }, make("p", { class: "small" }, text)));
  }

  paint(notice = "") {
    const sheet = this.desk.sheet;
    this.closePopovers();
    this.setMode("grading");
    this.ui.reading.classList.remove("with-reveal");
    this.ui.reading.replaceChildren(sheet.reading.element);
    if (sheet.reveal) this.addReveal(sheet);
    this.ui.asks.replaceChildren(sheet.form.element);
    this.ui.under.replaceChildren(...(sheet.form.strip ? [sheet.form.strip] : []));
    this.frame.dataset.subject = sheet.card.subject;
    sheet.shown = performance.now();
    sheet.shownAt ??= Date.now();
    this.seen = performance.now();
    sheet.form.paint();
    this.buttons();
    this.header();
    this.note(notice);
    if (sheet.kept) this.touched(sheet);
    sheet.kept = false;
    sheet.form.focus({ scroll: false });
    this.ui.reading.scrollTop = 0; // after everything that changes the page: it is laid out once
  }

  /* The reveal takes what a short text leaves, and at least about half where both are long. */
  addReveal(sheet) {
    this.ui.reading.style.setProperty("--text-height", `${sheet.reading.element.offsetHeight}px`);
    this.ui.reading.append((sheet.revealed ??= revealPanel(sheet.reveal, this.desk.criteria)));
    this.ui.reading.classList.add("with-reveal");
  }

  buttons() {
    const sheet = this.desk.sheet;
    const revealed = Boolean(sheet.locked && sheet.reveal);
    this.ui.grading.hidden = revealed;
    this.ui.revealed.hidden = !revealed;
    const go = this.ui.grading.querySelector("[data-act=submit]");
    say(go.firstChild, (sheet.sent || sheet.revising) && !sheet.awaiting ? "Save change " : "Submit ");
    go.classList.toggle("ready", !sheet.missing());
    go.disabled = sheet.locked;
    for (const act of ["skip", "flag"]) this.ui.grading.querySelector(`[data-act=${act}]`).disabled = sheet.sent || sheet.locked;
  }

  header() {
    const { study, rater, settings } = this.state ?? {};
    say(this.ui.study, study?.name ?? "");
    this.ui.study.title = study?.name ?? "";
    say(this.ui.who.firstElementChild, rater?.name ?? "");
    for (const tool of this.ui.tools.children) tool.hidden = !rater;
    const tags = [];
    const here = this.grading ? this.desk?.sheet : null;
    if (here?.sent && !here.locked && !here.revising) tags.push("your past answer");
    else if (here?.past && !here.sent) tags.push(here.state);
    if (settings) tags.push(here?.reveal ? "revealed" : "blind");
    if (here?.card.kind === "pair") tags.push("order shuffled");
    if (study?.illustrative) tags.push("illustrative");
    if (study?.simulated) tags.push("simulated");
    if (this.ui.tags.textContent !== tags.join(""))
      this.ui.tags.replaceChildren(...tags.map((tag) => make("span", { class: `tag ${tag.startsWith("your") ? "past" : ""}` }, tag)));
    this.counter();
    this.line();
  }

  /* What the server counted, and what is on its way to it. */
  counted() {
    const progress = { ...(this.desk?.progress ?? this.state?.progress ?? {}) };
    for (const job of this.outbox?.jobs ?? []) {
      if (!job.fresh) continue;
      progress[job.fresh] += 1;
      progress.left -= 1;
    }
    return progress;
  }

  counter() {
    const progress = this.counted();
    const shown = Boolean(this.desk) && progress.total > 0;
    this.ui.count.hidden = this.ui.meter.hidden = !shown;
    if (!shown) return;
    const done = progress.mine + progress.skipped + progress.flagged;
    const ended = this.mode === "end" || progress.left === 0 || Boolean(this.desk.current?.sent);
    say(this.ui.count, `${ended ? done : Math.min(done + 1, progress.total)} of ${progress.total}`);
    this.ui.meter.setAttribute("aria-valuemax", progress.total);
    this.ui.meter.setAttribute("aria-valuenow", done);
    this.ui.meter.firstElementChild.style.transform = `scaleX(${Math.min(1, done / progress.total)})`;
    if (!this.ui["progress-more"].hidden) this.ui["progress-more"].replaceChildren(progressPanel(progress));
  }

  /* The state line says only what is so: saved means on disk. */
  line() {
    const { outbox, drafts } = this;
    if (!outbox) return;
    const unsaved = outbox.jobs.length;
    this.frame.dataset.unsaved = unsaved;
    let kind = "saved", text = "Saved", retry = false;
    if (unsaved && outbox.held) {
      kind = "unsaved";
      text = `${counted(unsaved, "answer")} not saved`;
    } else if (unsaved && outbox.failures) {
      const wait = Math.max(0, Math.ceil((outbox.nextTry - Date.now()) / 1000));
      kind = "unsaved";
      text = `${counted(unsaved, "answer")} not saved: ${outbox.trouble}. ${wait ? `Trying again in ${wait} s` : "Trying again"}.`;
      retry = true;
    } else if (unsaved) {
      kind = "saving";
      text = `Saving ${unsaved}`;
    } else if (drafts.trouble) {
      kind = "unsaved";
      text = `Draft not saved: ${drafts.trouble}`;
    }
    if (this.ui.state.textContent === text + (retry ? "Try now" : "")) return;
    this.ui.state.className = `state ${kind}`;
    this.ui.state.replaceChildren(text, ...(retry ? [button("Try now", "retry", { kind: "plain" })] : []));
    if (this.mode === "end") this.frame.querySelector(".end-saved").textContent = unsaved ? `${counted(unsaved, "answer is", "answers are")} still being saved. Keep this page open.` : "Everything you answered is saved.";
  }

  /* A quiet word above the buttons; its line is always there, so that nothing moves. */
  note(text = "", { brief = false } = {}) {
    clearTimeout(this.noteTimer);
    say(this.ui.notice, text);
    if (brief) this.noteTimer = setTimeout(() => (this.ui.notice.textContent = ""), 1500);
  }

  raw() {
    const { reading } = this.desk.sheet;
    reading.show(reading.view === "raw" ? "rendered" : "raw");
  }

  async diff() {
    const sheet = this.desk.sheet;
    const { reading } = sheet;
    if (sheet.card.kind !== "pair") return;
    if (reading.view === "diff") {
      reading.show("rendered");
      return;
    }
    try {
      reading.compared ??= await this.desk.read("diff", { subject: sheet.card.subject });
      reading.show("diff");
    } catch (failure) {
      if (!this.strange(failure)) this.note(`The outputs cannot be compared now: ${failure.message}`);
    }
  }

  guidelines() {
    const { drawer } = this.ui;
    if (!drawer.hidden) {
      this.escape();
      return;
    }
    drawer.replaceChildren(...guidelinesPanel(this.desk?.state ?? this.state, this.desk?.sheet?.asks ?? this.state.criteria));
    drawer.hidden = false;
    drawer.focus({ preventScroll: true });
  }

  showKeys() {
    const { veil, sheet } = this.ui;
    if (!veil.hidden) {
      this.escape();
      return;
    }
    sheet.replaceChildren(...keysPanel(this.state?.settings));
    veil.hidden = false;
    sheet.focus({ preventScroll: true });
  }

  showProgress() {
    const more = this.ui["progress-more"];
    more.hidden = !more.hidden;
    this.ui.count.setAttribute("aria-expanded", String(!more.hidden));
    this.counter();
  }

  get popoverOpen() {
    return !this.ui.reason.hidden;
  }

  closePopovers() {
    this.ui.reason.hidden = true;
    this.ui["progress-more"].hidden = true;
    this.ui.count.setAttribute("aria-expanded", "false");
  }

  /* Close what is uppermost; with nothing open, come back to the current subject. */
  escape() {
    const open = [this.ui.veil, this.ui.reason, this.ui["progress-more"], this.ui.drawer].find((one) => !one.hidden);
    if (open) {
      open.hidden = true;
      this.ui.count.setAttribute("aria-expanded", "false");
      if (this.grading) this.desk.sheet.form.focus({ scroll: false });
    } else if (this.mode === "review") this.next();
    else if (this.mode === "name" && this.state.rater && this.desk) this.next();
    else if (this.grading && this.desk.at !== this.desk.front) this.next();
  }

  end() {
    this.stage("end", endPanel({ progress: this.counted(), unsaved: this.outbox.jobs.length, links: this.data.links }));
  }

  async review(filter, more = false) {
    const kept = more ? this.reviewed.rows : [];
    const before = more ? this.reviewed.more : null;
    this.drafts?.flush();
    try {
      const answer = await this.desk.read("mine", { before, state: filter || null });
      this.reviewed = { filter, rows: [...kept, ...answer.rows], more: answer.more, trouble: "" };
    } catch (failure) {
      if (this.strange(failure)) return;
      this.reviewed = { filter, rows: kept, more: false, trouble: failure.message };
    }
    this.stage("review", reviewPanel(this.reviewed));
    this.ui.stage.querySelector(".answered, .btn")?.focus({ preventScroll: true });
  }

  async openPast(subject) {
    try {
      await this.desk.open(Number(subject));
      this.paint();
    } catch (failure) {
      if (this.strange(failure)) return;
      this.reviewed.trouble = failure.message;
      this.stage("review", reviewPanel(this.reviewed));
    }
  }
}


/* The grading card. It holds the current subject and the next ones, paints the next in the frame of the key press,
   and saves by fetch; Streamlit takes no part. */

class Card {
  constructor(root, data) {
    this.root = root;
    this.data = data;
    this.frame = root.querySelector(".card");
    this.ui = Object.fromEntries(
      ["study", "count", "meter", "tags", "state", "who", "body", "reading", "asks", "notice", "stage", "drawer", "veil", "sheet", "under", "reason", "grading", "revealed", "progress-more"].map((name) => [name, this.frame.querySelector(`.${name}`)]),
    );
    this.mode = "loading";
    this.acts = [];
    this.keys = new Keys(this, root.host ?? root);
    this.listen();
    this.look();
    this.begin();
  }

  /* ---- beginning ---- */

  listen() {
    this.stopping = new AbortController();
    const until = { signal: this.stopping.signal };
    this.frame.addEventListener("click", (event) => this.clicked(event), until);
    this.frame.addEventListener("input", (event) => this.entered(event), until);
    this.frame.addEventListener("focusin", (event) => this.focused(event), until);
    this.frame.addEventListener("focusout", (event) => this.left(event), until);
    for (const sign of ["keydown", "pointermove", "wheel", "touchmove"]) window.addEventListener(sign, () => this.tick(), { ...until, passive: true, capture: true });
    window.addEventListener("resize", () => this.fit(), until);
    window.addEventListener("pagehide", () => this.leave(), until);
    window.addEventListener("online", () => this.outbox?.hurry(), until);
    document.addEventListener("visibilitychange", () => (document.hidden ? this.leave() : this.tick()), until);
    window.addEventListener("beforeunload", (event) => this.outbox?.jobs.length && event.preventDefault());
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(document.body);
  }

  update(data) {
    this.look();
    if (data.study === this.data.study) return;
    this.data = data;
    this.begin();
  }

  close() {
    this.leave();
    this.keys.close();
    this.stopping.abort();
    this.watch.disconnect();
    this.channel?.close();
    clearInterval(this.clock);
  }

  leave() {
    this.drafts?.flush({ leaving: true });
  }

  /* Light or dark as Streamlit's theme says, and as high as the window leaves. */
  look() {
    const probe = make("i", { style: "color: var(--st-background-color, #fff); display: none" });
    this.frame.append(probe);
    const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
    probe.remove();
    this.frame.dataset.theme = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 110 ? "dark" : "light";
    this.fit();
  }

  fit() {
    const top = Math.max(0, Math.round(this.frame.getBoundingClientRect().top + (this.frame.closest("section")?.scrollTop ?? 0)));
    this.frame.style.setProperty("--above", `${top}px`);
  }

  async begin() {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    if (!this.data.study) return this.empty("No study is chosen", "Choose one, or create it first.", this.data.links.study, "Open studies");
    let state = null;
    for (let tries = 0; !state; tries += 1) {
      try {
        state = await fetched("/grading/state", { study: this.data.study });
      } catch (failure) {
        if (failure instanceof Refused && failure.status !== 401) return this.empty("This study cannot be opened", failure.message, this.data.links.study, "Open studies");
        this.wait("The server does not answer. Trying again.");
        await new Promise((resume) => setTimeout(resume, WAITS[Math.min(tries, WAITS.length - 1)]));
      }
      if (turn !== this.turn) return undefined;
    }
    this.state = state;
    this.header();
    if (!state.rater) return this.askName();
    return this.open(state);
  }

  open(state) {
    const study = state.study.id;
    const rater = state.rater.name;
    const drafts = new Shelf("draft", study, rater);
    this.drafts = new Drafts({ study, shelf: drafts, changed: () => this.line() });
    this.desk = new Desk({ study, state, shelf: drafts });
    this.outbox = new Outbox({ shelf: new Shelf("unsaved", study, rater), changed: () => this.line(), before: () => this.drafts.sending });
    this.acts = [];
    this.listenToOtherTabs(study, rater);
    this.outbox.restore((answer) => this.saved(null, answer), (error, job) => this.refused(error, job));
    clearInterval(this.clock);
    this.clock = setInterval(() => this.outbox.failures && this.line(), 1000);
    const reason = this.nothingToGrade(state);
    if (reason) return this.empty(...reason);
    return this.next();
  }

  nothingToGrade(state) {
    const { links } = this.data;
    if (state.study.closed) return ["This study is closed", "Nothing more is graded in it. What you answered is kept.", links.agreement, "See the agreement"];
    if (!state.criteria.length) return ["There is nothing to ask yet", "The study has no questions. Add at least one criterion, then come back.", links.study, "Add criteria"];
    if (state.progress.total === 0) {
      const kinds = [...new Set(state.criteria.map((criterion) => `${criterion.applies_to}s`))].join(" and ");
      return ["There is nothing to grade yet", `The questions ask about ${kinds}, and the study has none. Import some, or change what the questions apply to.`, links.importing, "Import a file"];
    }
    return null;
  }

  listenToOtherTabs(study, rater) {
    this.channel?.close();
    this.channel = new BroadcastChannel(`touchstone:${study}`);
    this.channel.onmessage = ({ data }) => {
      if (data.rater !== rater) {
        if (data.who) this.begin();
      } else if (data.subject) this.gradedElsewhere(data.subject);
    };
  }

  tell(about) {
    this.channel?.postMessage({ rater: this.state.rater?.name, ...about });
  }

  gradedElsewhere(subject) {
    const { desk } = this;
    const sheet = desk.line.slice(desk.front).find((one) => one.card.subject === subject);
    if (!sheet || sheet.locked) return;
    const current = sheet === desk.sheet;
    this.drafts.forget(sheet);
    desk.remove(sheet);
    desk.at = Math.min(desk.at, desk.line.length);
    if (current) this.next("You answered that one in another tab.");
    this.header();
  }

  /* ---- showing ---- */

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

  /* The current sheet, or whatever there is to say when none is left. */
  async next(notice = "") {
    const { desk } = this;
    if (desk.current) {
      desk.at = desk.front;
      this.paint(notice);
      this.top();
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
      if (failure instanceof Refused && failure.status === 401) return this.askName();
      if (failure instanceof Refused) return desk.current ? this.note(failure.message) : this.empty("Nothing can be graded now", failure.message, this.data.links.study, "Open the study");
      if (!desk.current) this.wait("The server does not answer. Trying again.");
      await new Promise((resume) => setTimeout(resume, WAITS[Math.min(desk.failures++, WAITS.length - 1)]));
      if (turn === this.turn && desk === this.desk && !this.stopping.signal.aborted) await this.top();
    }
    return undefined;
  }

  paint(notice = "") {
    const sheet = this.desk.sheet;
    this.closePopovers();
    this.setMode("grading");
    this.ui.reading.replaceChildren(...(sheet.reveal ? [sheet.reading.element, (sheet.revealed ??= revealPanel(sheet.reveal, this.desk.criteria))] : [sheet.reading.element]));
    this.ui.reading.classList.toggle("with-reveal", Boolean(sheet.reveal));
    this.ui.asks.replaceChildren(sheet.form.element);
    this.ui.under.replaceChildren(...(sheet.form.strip ? [sheet.form.strip] : []));
    this.ui.reading.scrollTop = 0;
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
  }

  buttons() {
    const sheet = this.desk.sheet;
    const revealed = Boolean(sheet.locked && sheet.reveal);
    this.ui.grading.hidden = revealed;
    this.ui.revealed.hidden = !revealed;
    const go = this.ui.grading.querySelector("[data-act=submit]");
    go.firstChild.textContent = (sheet.sent || sheet.revising) && !sheet.awaiting ? "Save change " : "Submit ";
    go.classList.toggle("ready", !sheet.missing());
    go.disabled = sheet.locked;
    for (const act of ["skip", "flag"]) this.ui.grading.querySelector(`[data-act=${act}]`).disabled = sheet.sent || sheet.locked;
  }

  header() {
    const { study, rater, settings } = this.state ?? {};
    this.ui.study.textContent = study?.name ?? "";
    this.ui.study.title = study?.name ?? "";
    this.ui.who.hidden = !rater;
    this.ui.who.replaceChildren(rater?.name ?? "", make("span", {}, "not you?"));
    this.frame.querySelectorAll(".tools [data-act=review], .tools [data-act=guidelines], .tools [data-act=keys]").forEach((tool) => (tool.hidden = !rater));
    const tags = [];
    const here = this.grading ? this.desk?.sheet : null;
    if (here?.sent && !here.locked && !here.revising) tags.push("your past answer");
    else if (here?.past && !here.sent) tags.push(here.state);
    if (settings) tags.push(here?.reveal ? "revealed" : "blind");
    if (here?.card.kind === "pair") tags.push("order shuffled");
    if (study?.illustrative) tags.push("illustrative");
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
    this.ui.count.textContent = `${ended ? done : Math.min(done + 1, progress.total)} of ${progress.total}`;
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
    if (unsaved && outbox.failures) {
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
    this.ui.notice.textContent = text;
    if (brief) this.noteTimer = setTimeout(() => (this.ui.notice.textContent = ""), 1500);
  }

  /* ---- acting ---- */

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
      "give-name": () => this.giveName(), review: () => this.review(""), "review-skipped": () => this.review("skipped"),
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

  /* ---- submitting ---- */

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
    sheet.wasSent = sheet.sent;
    sheet.sent = true;
    sheet.state = "submitted";
    sheet.record = sheet.snapshot();
    sheet.revising = false;
    const job = this.send("/grading/submit", body, sheet, { fresh: first ? "mine" : null, shown: sheet.shownAt });
    if (settings.reveal === "after" && !sheet.reveal) this.awaitReveal(sheet, job);
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
      saved: (answer) => this.saved(sheet, answer, job), refused: (error) => this.refused(error, job, sheet), unknown: () => this.askName(),
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
    if (this.grading) this.top();
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
      card = (await fetched("/grading/open", { study: desk.study, subject })).card;
    } catch {
      if (!sheet) return null;
      const criteria = desk.state.criteria.filter((one) => one.applies_to === sheet.card.kind).map((one) => one.id);
      card = { ...sheet.card, criteria, draft: null, answers: null, submission: null, state: "to do" };
    }
    if (!values || (order ?? null) !== card.order) return desk.lay(card);
    const draft = { values: desk.carried(values, asked), comment, confidence, criterion: null };
    const back = desk.lay({ ...card, draft });
    back.sent = Boolean(card.submission);
    return back;
  }

  /* ---- skip and flag ---- */

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

  /* ---- back, forward, undo ---- */

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
      this.note(failure.message);
    }
  }

  forward(notice = "") {
    const { desk } = this;
    if (desk.at >= desk.front) return;
    desk.at += 1;
    if (desk.at >= desk.front) this.next(notice);
    else this.paint(notice);
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
      this.note(`Not undone: ${failure.message}`);
    }
    this.undoing = false;
  }

  async undoSaved(last) {
    const { desk } = this;
    const aside = last.job.path === "/grading/skip" || last.job.path === "/grading/flag";
    const about = aside ? { subject: last.sheet.card.subject } : { submission: last.sheet.submission };
    const answer = await ask("POST", "/grading/undo", { study: desk.study, ...about, nonce: freshNonce() });
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

  /* ---- looking ---- */

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
      reading.compared ??= await fetched("/grading/diff", { study: this.desk.study, subject: sheet.card.subject });
      reading.show("diff");
    } catch (failure) {
      this.note(`The outputs cannot be compared now: ${failure.message}`);
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
      const answer = await fetched("/grading/mine", { study: this.desk.study, before, state: filter || null });
      this.reviewed = { filter, rows: [...kept, ...answer.rows], more: answer.more, trouble: "" };
    } catch (failure) {
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
      this.reviewed.trouble = failure.message;
      this.stage("review", reviewPanel(this.reviewed));
    }
  }

  /* ---- who grades ---- */

  askName(again = false) {
    this.stage("name", namePanel({ name: this.state.rater?.name, again }));
    const field = this.ui.stage.querySelector("input");
    field.focus();
    field.select();
  }

  async giveName() {
    const field = this.ui.stage.querySelector("input");
    const fault = this.ui.stage.querySelector(".fault");
    const name = field.value.trim();
    if (!name) {
      fault.textContent = "Write a name first.";
      field.focus();
      return;
    }
    try {
      const given = await ask("POST", "/grading/who", { name });
      const same = this.outbox && this.state.rater?.name === given.name;
      this.channel?.postMessage({ rater: given.name, who: true });
      if (same) {
        this.outbox.hurry();
        this.next();
      } else {
        this.outbox = null;
        this.desk = null;
        this.begin();
      }
    } catch (failure) {
      fault.textContent = failure.message;
      field.focus();
    }
  }

  /* Active time on the sheet: while the page is seen and something moves at least every half minute. */
  tick() {
    const now = performance.now();
    const sheet = this.grading && !document.hidden ? this.desk?.sheet : null;
    if (sheet) sheet.spent += Math.min(now - (this.seen ?? now), 30000);
    this.seen = now;
  }
}

export default function ({ parentElement, data }) {
  const root = parentElement;
  const standing = root.__card;
  if (standing && root.contains(standing.frame)) standing.update(data);
  else {
    standing?.close();
    root.__card = new Card(root, data);
  }
  return () => {
    root.__card?.close();
    root.__card = null;
  };
}

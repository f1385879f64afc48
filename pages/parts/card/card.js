
/* The grading card. It holds the current subject and the next ones, paints the next in the frame of the key press,
   and saves by fetch; Streamlit takes no part. */

class Card extends Submitting {
  constructor(root, data) {
    super();
    this.root = root;
    this.data = data;
    this.frame = root.querySelector(".card");
    this.ui = Object.fromEntries(
      ["study", "count", "meter", "tags", "state", "who", "body", "reading", "asks", "notice", "tools", "stage", "drawer", "veil", "sheet", "under", "reason", "grading", "revealed", "progress-more"].map((name) => [name, this.frame.querySelector(`.${name}`)]),
    );
    this.mode = "loading";
    this.acts = [];
    this.keys = new Keys(this, root.host ?? root);
    this.listen();
    this.look();
    this.begin();
  }

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
    this.listenToOtherTabs();
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
    this.channel.close();
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
    if (state.study.simulated) return this.empty(...this.nothingToGrade(state));
    if (!state.rater) return this.askName();
    return this.open(state);
  }

  open(state) {
    const study = state.study.id;
    const rater = state.rater.name;
    const drafts = new Shelf("draft", study, rater);
    this.outbox?.leave();
    const told = { changed: () => this.line(), stopped: (failure) => this.strange(failure) };
    this.drafts = new Drafts({ study, rater, shelf: drafts, ...told });
    this.desk = new Desk({ study, rater, state, shelf: drafts });
    this.outbox = new Outbox({ rater, shelf: new Shelf("unsaved", study, rater), ...told });
    this.acts = [];
    this.outbox.restore((answer) => this.saved(null, answer), (error, job) => this.refused(error, job));
    clearInterval(this.clock);
    this.clock = setInterval(() => this.outbox.failures && this.line(), 1000);
    const reason = this.nothingToGrade(state);
    if (reason) return this.empty(...reason);
    return this.next();
  }

  nothingToGrade(state) {
    const { links } = this.data;
    if (state.study.simulated) return ["This study is simulated", "Nobody grades in it, so that simulated ratings and real ones never mix.", links.agreement, "See the agreement"];
    if (state.study.closed) return ["This study is closed", "Nothing more is graded in it. What you answered is kept.", links.agreement, "See the agreement"];
    if (!state.criteria.length) return ["There is nothing to ask yet", "The study has no questions. Add at least one criterion, then come back.", links.study, "Add criteria"];
    if (state.progress.total === 0) {
      const kinds = [...new Set(state.criteria.map((criterion) => `${criterion.applies_to}s`))].join(" and ");
      return ["There is nothing to grade yet", `The questions ask about ${kinds}, and the study has none. Import some, or change what the questions apply to.`, links.importing, "Import a file"];
    }
    return null;
  }

  listenToOtherTabs() {
    this.channel = new BroadcastChannel("touchstone");
    this.channel.onmessage = ({ data }) => {
      const rater = this.state?.rater?.name;
      if (data.who && !rater) this.begin();
      else if (data.who && data.rater !== rater) this.otherRater(data.rater);
      else if (data.who && this.mode === "other") this.resume();
      else if (data.subject && data.rater === rater && data.study === this.desk?.study) this.gradedElsewhere(data.subject);
    };
  }

  tell(about) {
    this.channel.postMessage({ study: this.data.study, rater: this.state.rater?.name, ...about });
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

  askName(again = false) {
    this.stage("name", namePanel({ name: this.state.rater?.name, again }));
    const field = this.ui.stage.querySelector("input");
    field.focus();
    field.select();
  }

  /* Whether an error is about who grades; then this page waits, with all that was answered, until somebody says. */
  strange(failure) {
    if (failure.rater) this.otherRater(failure.rater);
    else if (failure.status === 401) this.askName();
    else return false;
    return true;
  }

  otherRater(name) {
    if (name === this.state.rater?.name || (this.mode === "other" && this.signedIn === name)) return;
    this.signedIn = name;
    this.stage("other", otherRaterPanel({ mine: this.state.rater.name, other: name, unsaved: this.outbox.jobs.length }));
    this.ui.stage.querySelector(".other").focus(); // on no button: the next Enter of a quick hand decides nothing
  }

  async goOn() {
    const { name } = this.state.rater;
    try {
      await ask("POST", "/grading/who", { name });
      this.tell({ who: true });
      this.resume();
    } catch (failure) {
      this.ui.stage.querySelector(".fault").textContent = failure.message;
    }
  }

  resume() {
    this.outbox.hurry();
    this.drafts.flush();
    this.next();
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
      this.tell({ rater: given.name, who: true });
      if (same) this.resume();
      else {
        this.desk = null;
        this.begin();
      }
    } catch (failure) {
      fault.textContent = failure.message;
      field.focus();
    }
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

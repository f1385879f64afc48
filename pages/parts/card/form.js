
/* The answering side of a sheet: one block per question, each option wearing its key. */

class Form {
  constructor(sheet) {
    this.sheet = sheet;
    this.pending = "";
    this.blocks = sheet.asks.map((criterion, place) => new Ask(this, criterion, place));
    if (sheet.settings.confidence !== "off") this.blocks.push(new Sureness(this, sheet.asks.length));
    this.strip = this.blocks.some((block) => block.meaning) ? make("div", { class: "strip" }) : null;
    this.comment = sheet.settings.comment === "off" ? null : this.commentField();
    const questions = make("div", { class: "questions" }, this.blocks.map((block) => block.element), this.comment);
    this.element = make("div", { class: "ask-column" }, questions);
    this.paint();
  }

  commentField() {
    const required = this.sheet.settings.comment === "required";
    this.field = make("textarea", { rows: "2", maxlength: "20000", "aria-keyshortcuts": "C", "aria-required": String(required) });
    this.field.value = this.sheet.comment;
    this.fault = make("p", { class: "fault", hidden: true });
    return make("label", { class: "comment" }, make("span", { class: "title" }, "Comment ", key("C"), required ? null : make("span", { class: "optional" }, "optional")), this.field, this.fault);
  }

  /* Put on the screen what the sheet says. */
  paint() {
    const { sheet } = this;
    this.blocks.forEach((block, place) => block.paint(place === sheet.active && !sheet.locked, sheet.locked));
    if (this.field) {
      this.field.readOnly = sheet.locked;
      if (this.field.value !== sheet.comment) this.field.value = sheet.comment;
    }
    this.paintStrip();
    this.paintSide();
    this.element.classList.toggle("locked", sheet.locked);
  }

  paintStrip() {
    if (!this.strip) return;
    const block = this.blocks[this.sheet.active];
    if (this.strip.about === block) return;
    this.strip.about = block;
    this.strip.replaceChildren(...(block?.meaning ? [block.meaning.cloneNode(true)] : []));
  }

  paintSide() {
    const pair = this.sheet.asks.find((one) => one.options.some((option) => option.key === "left"));
    if (pair) this.sheet.reading.mark(this.sheet.valueOf(pair)?.option ?? null);
  }

  /* The question that takes the next key; the field of a number is typed into, others are only marked. */
  focus({ scroll = true } = {}) {
    const block = this.blocks[this.sheet.active];
    if (!block || this.sheet.locked) return;
    block.element.focus({ preventScroll: true });
    if (scroll) block.element.scrollIntoView({ block: "nearest" });
  }

  say(missing) {
    this.quiet();
    if (missing.field === "comment" && this.field) {
      this.fault.textContent = missing.message;
      this.fault.hidden = false;
      this.field.setAttribute("aria-invalid", "true");
      this.field.focus();
      return;
    }
    this.sheet.active = missing.place ?? this.sheet.active;
    this.blocks[this.sheet.active]?.say(missing.here ?? missing.message);
    this.paint();
    this.focus();
    const { number } = this.blocks[this.sheet.active] ?? {};
    number?.focus();
    number?.select();
  }

  quiet() {
    for (const block of this.blocks) block.quiet();
    if (!this.field) return;
    this.fault.hidden = true;
    this.field.removeAttribute("aria-invalid");
  }

  /* A digit: an option of the active question; options with two digits wait for the second. */
  digit(digit) {
    const block = this.blocks[this.sheet.active];
    if (!block) return null;
    if (block.number) return block.begin(digit);
    const typed = this.pending + digit;
    const place = block.keys.indexOf(typed);
    this.pending = place < 0 && block.keys.some((one) => one.startsWith(typed)) ? typed : "";
    block.await(this.pending);
    return place < 0 ? null : { place: this.sheet.active, value: block.valueAt(place) };
  }
}

/* One question and its options. */
class Ask {
  constructor(form, criterion, place) {
    Object.assign(this, { form, criterion, place });
    this.layout = layoutOf(criterion, form.sheet.asks);
    this.keys = keysFor(criterion.options);
    const longest = Math.max(0, ...criterion.options.map((option) => option.label.length));
    this.tight = this.layout === "wide" && longest * criterion.options.length > 32;
    this.meaning = this.explained();
    const title = `ask-${form.sheet.card.subject}-${criterion.id}`;
    this.fault = make("p", { class: "fault", hidden: true, id: `${title}-fault` });
    this.wait = make("span", { class: "wait" });
    this.options = criterion.numeric ? [] : criterion.options.map((option, at) => this.option(option, at));
    this.cant = make(
      "button",
      { type: "button", class: "cant", role: criterion.numeric ? null : "radio", "data-place": place, "data-absence": ABSTAINED, tabindex: "-1", title: "I can't tell (N)" },
      this.layout === "row" ? make("span", { "aria-label": "can't tell" }, "?") : [key("N"), " can't tell"],
    );
    this.element = make(
      "div",
      { class: `ask ${this.layout} ${this.tight ? "tight" : ""}`, role: criterion.numeric ? "group" : "radiogroup", tabindex: "-1", "aria-labelledby": title, "aria-required": criterion.numeric ? null : String(criterion.required), "data-place": place },
      make("div", { class: "head" }, make("span", { class: "title", id: title }, criterion.name, criterion.required ? null : make("span", { class: "optional" }, "optional"), this.wait), this.layout === "row" ? null : this.cant),
      this.question(),
      criterion.numeric ? this.numberField() : make("div", { class: "opts" }, this.options, this.layout === "row" ? this.cant : null),
      this.fault,
      this.meaning ? make("div", { class: "means" }, this.meaning.cloneNode(true)) : null,
    );
  }

  question() {
    const { question, name } = this.criterion;
    return question && question.trim() !== name.trim() ? make("p", { class: "question" }, question) : null;
  }

  option(option, at) {
    const label = option.label || option.key;
    const worn = this.keys[at];
    return make(
      "button",
      { type: "button", class: `choice ${MEANING[option.key.toLowerCase()] ?? ""}`, role: "radio", "aria-checked": "false", tabindex: "-1", title: option.definition || null, "data-place": this.place, "data-at": at, "aria-keyshortcuts": worn },
      label.trim() === worn ? null : key(worn),
      make("span", { class: "label" }, label),
      this.layout === "list" && option.definition ? make("span", { class: "definition" }, option.definition) : null,
    );
  }

  /* Guidance and definitions, for the strip under the questions. */
  explained() {
    const { criterion } = this;
    const defined = this.layout === "list" ? [] : criterion.options.filter((option) => option.definition);
    if (!defined.length && !criterion.guidance_html) return null;
    const list = defined.map((option) => [make("dt", {}, option.label), make("dd", {}, option.definition)]);
    return make("div", {}, criterion.guidance_html ? prose(criterion.guidance_html, "guidance") : null, list.length ? make("dl", {}, list) : null);
  }

  numberField() {
    const { low, high, step } = this.criterion.numeric;
    const bounds = low !== null && high !== null ? `${low} to ${high}` : low !== null ? `${low} or more` : high !== null ? `${high} or less` : "any number";
    this.number = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", "data-place": this.place, "aria-label": this.criterion.name, placeholder: bounds });
    if (low !== null && high !== null)
      this.slider = make("input", { type: "range", min: low, max: high, step: step ?? "any", "data-place": this.place, tabindex: "-1", "aria-label": `${this.criterion.name}, slider` });
    return make("div", { class: "number-line" }, this.number, this.slider, make("span", { class: "bounds" }, step ? `${bounds}, steps of ${step}` : bounds));
  }

  valueAt(at) {
    return { option: this.criterion.options[at].key };
  }

  /* The first digit typed at a number question goes into its field. */
  begin(digit) {
    this.number.value = digit;
    this.number.focus();
    this.number.setSelectionRange(1, 1);
    this.read();
    return null;
  }

  /* What stands in the number field, checked; the sheet holds only numbers that can be saved. */
  read() {
    const { criterion, form } = this;
    const text = this.number.value.trim().replace(",", ".");
    const { low, high, step } = criterion.numeric;
    const number = text === "" ? null : Number(text);
    const outside = number !== null && (!Number.isFinite(number) || (low !== null && number < low) || (high !== null && number > high));
    const between = number !== null && !outside && step && Math.abs((number - (low ?? 0)) / step - Math.round((number - (low ?? 0)) / step)) > 1e-9;
    if (number === null || outside || between) delete form.sheet.values[criterion.id];
    else form.sheet.values[criterion.id] = { number };
    this.wrong = outside || between ? `Expected ${this.number.placeholder}${step ? `, in steps of ${step}` : ""}.` : "";
  }

  paint(active, locked) {
    const value = this.form.sheet.valueOf(this.criterion);
    const chosen = value?.option ?? null;
    this.element.classList.toggle("now", active);
    this.options.forEach((option, at) => {
      const on = this.criterion.options[at].key === chosen;
      option.setAttribute("aria-checked", String(on));
      option.tabIndex = on || (chosen === null && at === 0) ? 0 : -1;
      option.disabled = locked;
    });
    const abstained = value?.absence === ABSTAINED;
    this.cant.setAttribute(this.number ? "aria-pressed" : "aria-checked", String(abstained));
    this.cant.tabIndex = abstained ? 0 : -1;
    this.cant.disabled = locked;
    if (this.number) this.paintNumber(value, locked);
    if (!active) this.await("");
  }

  paintNumber(value, locked) {
    this.number.readOnly = locked;
    const typing = this.number.getRootNode().activeElement === this.number;
    if (!typing) this.number.value = value?.number ?? "";
    if (!this.slider) return;
    this.slider.disabled = locked;
    this.slider.classList.toggle("unset", value?.number === undefined);
    if (value?.number !== undefined) this.slider.value = value.number;
  }

  await(typed) {
    this.wait.textContent = typed ? `${typed}_` : "";
    if (!typed) this.form.pending = "";
  }

  say(message) {
    this.fault.textContent = this.wrong || message;
    this.fault.hidden = false;
    this.element.setAttribute("aria-invalid", "true");
    this.element.setAttribute("aria-describedby", this.fault.id);
  }

  quiet() {
    this.fault.hidden = true;
    this.element.removeAttribute("aria-invalid");
  }
}

const SURE = [
  { key: "1", label: "1", definition: "a guess" },
  { key: "2", label: "2", definition: "" },
  { key: "3", label: "3", definition: "fairly sure" },
  { key: "4", label: "4", definition: "" },
  { key: "5", label: "5", definition: "certain" },
];

/* How sure the rater is: a question like the others, with Shift+1 to Shift+5 from anywhere. */
class Sureness extends Ask {
  constructor(form, place) {
    const required = form.sheet.settings.confidence === "required";
    super(form, { id: CONFIDENCE, name: "How sure are you?", question: "", guidance_html: "", required, numeric: null, options: SURE.map((one) => ({ ...one, definition: "" })) }, place);
    this.element.classList.replace(this.layout, "wide");
    this.element.classList.add("sure");
    this.cant.remove();
    this.element.querySelector(".head").append(make("span", { class: "hint" }, key("⇧1"), " to ", key("⇧5")));
    this.options.forEach((option, at) => SURE[at].definition && option.append(make("span", { class: "end" }, SURE[at].definition)));
  }

  valueAt(at) {
    return { confidence: at + 1 };
  }

  paint(active, locked) {
    super.paint(active, locked);
    const chosen = this.form.sheet.confidence;
    this.options.forEach((option, at) => {
      option.setAttribute("aria-checked", String(chosen === at + 1));
      option.tabIndex = chosen === at + 1 || (chosen === null && at === 0) ? 0 : -1;
    });
  }
}

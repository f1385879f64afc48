
/* One subject on the grading card, to look at: nothing is saved, no key is taken. */

class Preview {
  constructor(root, { card, criteria }) {
    this.frame = root.querySelector(".card");
    const asked = new Map(criteria.map((criterion) => [criterion.id, criterion]));
    const settings = { confidence: "off", comment: "off" };
    this.sheet = new Sheet(card, { criteria: asked, settings });
    this.frame.querySelector(".reading").replaceChildren(this.sheet.reading.element);
    this.frame.querySelector(".asks").replaceChildren(this.sheet.form.element);
    for (const control of this.frame.querySelectorAll(".asks button, .asks input")) {
      control.disabled = true;
      control.tabIndex = -1;
    }
    for (const tool of this.frame.querySelectorAll(".out-tools button")) tool.remove();
    this.look();
  }

  look() {
    const probe = make("i", { style: "color: var(--st-background-color, #fff); display: none" });
    this.frame.append(probe);
    const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g).map(Number);
    probe.remove();
    this.frame.dataset.theme = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 110 ? "dark" : "light";
  }
}

export default function ({ parentElement, data }) {
  const shown = JSON.stringify(data);
  if (parentElement.__shown !== shown) {
    parentElement.__shown = shown;
    parentElement.__preview = new Preview(parentElement, data);
  } else parentElement.__preview.look();
}

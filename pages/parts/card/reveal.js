
/* After submitting, where the study allows it: what others said of the same subject. */

const KIND_WORDS = { judge: "judge", person: "person", source: "came with the data", gold: "gold", jury: "jury", seat: "anonymous rater", baseline: "baseline", simulated: "simulated" };
const ABSENCES = { abstained: "can't tell", unreadable: "unreadable", refused: "refused", withdrawn: "withdrawn" };

const said = (one) => one.value ?? ABSENCES[one.absence] ?? "no answer";

const colourOf = (kind) => ({ judge: "judge", jury: "judge", baseline: "judge", person: "person", gold: "gold" })[kind] ?? "";

const fromWhom = (other) => [
  make("span", { class: colourOf(other.kind) }, other.rater),
  make("span", { class: "small" }, KIND_WORDS[other.kind] ?? other.kind, other.made_of ? `, ${other.made_of}` : null),
];

const valueOf = (one, kind) => make("b", { class: one.absence ? "none" : colourOf(kind) }, said(one));

/* What a verdict was made of: what was said in either order, or by the members of a jury. */
function partsOf(other) {
  const parts = [
    ...(other.orders ?? []).map((one) => ({ ...one, name: `With the ${one.name} one first` })),
    ...(other.members ?? []),
  ];
  if (!parts.length) return null;
  return make("ul", { class: "made-of" }, parts.map((one) =>
    make("li", {}, make("span", { class: "small" }, one.name), valueOf(one, other.kind), one.rationale_html ? prose(one.rationale_html) : null)));
}

/* How sure, and what it rests on; a vote says more than a share of it. */
function surety(other) {
  const notes = [];
  if (other.votes) notes.push(other.votes);
  if (other.confidence !== null && other.confidence !== undefined)
    notes.push(`sure: ${Math.round(other.confidence * 100)} %${other.confidence_source ? `, ${other.confidence_source}` : ""}`);
  if (other.unstable && !other.orders?.length)
    notes.push(other.votes || other.members?.length ? "votes tie, or changed with the order" : "changed with the order");
  return notes.length ? make("p", { class: "small surety" }, notes.join("; ")) : null;
}

function otherCells(other, named) {
  return [
    named ? make("td", { class: "from" }, fromWhom(other)) : null,
    make("td", { class: "said" }, valueOf(other, other.kind),
      other.differs ? make("span", { class: "differs" }, "differs") : null,
      other.unstable ? make("span", { class: "unstable" }, "unstable") : null),
    make("td", { class: "why" }, other.rationale_html ? prose(other.rationale_html) : null, partsOf(other), surety(other)),
  ];
}

/* One row for each question and each other rater; with a single other rater, their name heads the column. */
function revealRows(reveal, named, criteria) {
  return reveal.rows.flatMap((row) => {
    const differs = row.others.some((one) => one.differs);
    const first = [
      make("th", { scope: "rowgroup", rowspan: Math.max(1, row.others.length), class: differs ? "differing" : null }, criteria.get(row.criterion)?.name ?? row.name),
      make("td", { rowspan: Math.max(1, row.others.length), class: "said" }, make("b", { class: row.you === null ? "none" : "person" }, row.you ?? "no answer")),
    ];
    if (!row.others.length) return [make("tr", { class: "opens" }, first, make("td", { colspan: named ? 3 : 2, class: "small" }, "nobody else"))];
    return row.others.map((other, at) => make("tr", { class: at ? null : "opens" }, at ? null : first, otherCells(other, named)));
  });
}

/* A jury repeats what its members said: it is no answer of its own. */
function revealSentence(all) {
  const others = all.some((one) => one.kind !== "jury") ? all.filter((one) => one.kind !== "jury") : all;
  const differing = others.filter((one) => one.differs).length;
  if (!others.length) return "Nobody else has answered this yet.";
  if (differing === 2 && others.length === 2) return "Both answers by others differ from yours.";
  if (differing) return `${differing} of ${counted(others.length, "answer")} by others ${differing === 1 ? "differs" : "differ"} from yours.`;
  return others.length === 1 ? "The other answer agrees with yours." : `${others.length === 2 ? "Both" : `All ${others.length}`} answers by others agree with yours.`;
}

function revealPanel(reveal, criteria) {
  const others = reveal.rows.flatMap((row) => row.others);
  const named = new Set(others.map((one) => `${one.kind} ${one.rater}`)).size !== 1;
  const heads = named ? ["Question", "You", "Who", "Said", "Why"] : ["Question", "You", fromWhom(others[0]), "Why"];
  const references = (reveal.references ?? []).map((one) =>
    make("details", { class: "part reference", open: true }, make("summary", {}, one.status ? `Reference, ${one.status}` : "Reference"), make("div", { class: "part-text" }, prose(one.html))));
  return make("section", { class: "reveal", "aria-label": "What others said", tabindex: "-1" },
    make("header", {}, make("h2", {}, revealSentence(others)), make("span", { class: "small" }, "Your blind answer stays on record either way.")),
    others.length === 0 ? null : make("div", { class: "scroll" }, make("table", {},
      make("thead", {}, make("tr", {}, heads.map((name) => make("th", { scope: "col", class: typeof name === "string" ? null : "from" }, name)))),
      make("tbody", {}, revealRows(reveal, named, criteria)))),
    references);
}

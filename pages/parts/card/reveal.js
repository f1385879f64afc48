
/* After submitting, where the study allows it: what others said of the same subject. */

const KIND_WORDS = { judge: "judge", person: "person", source: "came with the data", gold: "gold", jury: "jury", seat: "anonymous rater", baseline: "baseline", simulated: "simulated" };
const ABSENCES = { abstained: "can't tell", unreadable: "unreadable", refused: "refused", withdrawn: "withdrawn" };

const said = (one) => one.value ?? ABSENCES[one.absence] ?? "no answer";

const colourOf = (kind) => ({ judge: "judge", jury: "judge", person: "person", gold: "gold" })[kind] ?? "";

const fromWhom = (other) => [make("span", { class: colourOf(other.kind) }, other.rater), make("span", { class: "small" }, KIND_WORDS[other.kind] ?? other.kind)];

function otherCells(other, named) {
  const extra = [];
  if (other.unstable) extra.push(make("span", { class: "small" }, "changed with the order"));
  if (other.confidence !== null && other.confidence !== undefined) extra.push(make("span", { class: "small" }, `sure: ${Math.round(other.confidence * 100)} %`));
  return [
    named ? make("td", { class: "from" }, fromWhom(other)) : null,
    make("td", { class: "said" }, make("b", { class: other.absence ? "none" : colourOf(other.kind) }, said(other)), other.differs ? make("span", { class: "differs" }, "differs") : null),
    make("td", { class: "why" }, other.rationale_html ? prose(other.rationale_html) : null, extra),
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

function revealSentence(others) {
  const differing = others.filter((one) => one.differs).length;
  if (!others.length) return "Nobody else has answered this yet.";
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


/* What lies over or in place of the desk: name, end, nothing to do, past grades, guidelines, keys. */

const keyRow = (row) => {
  const keys = row.filter(Array.isArray).flatMap((one, place) => [place ? " " : null, ...one.map((name) => (name === "…" ? "…" : key(name)))]);
  return [make("dt", {}, keys), make("dd", {}, row.find((one) => typeof one === "string"))];
};

function keysPanel(settings) {
  const used = { confidence: settings?.confidence !== "off", comment: settings?.comment !== "off", reveal: settings?.reveal === "after" };
  const wanted = (about) => about === undefined || used[about];
  const groups = KEY_LIST.filter(([, , about]) => wanted(about)).map(([name, rows]) => {
    const shown = rows.filter((row) => wanted(row.filter((one) => typeof one === "string")[1]));
    return make("section", {}, make("h3", {}, name), make("dl", {}, shown.map(keyRow)));
  });
  return [
    make("header", {}, make("h2", {}, "Keys"), button("Close", "escape", { keys: "Esc", kind: "plain" })),
    make("div", { class: "key-groups" }, groups),
    make("p", { class: "small" }, "No key acts while you type. Everything works with the mouse or a finger as well."),
  ];
}

function guidelinesPanel(state, asks) {
  const guideline = state.guideline;
  const about = asks.map((criterion) => {
    const options = criterion.options.map((option, at) => [
      make("dt", {}, key(keysFor(criterion.options)[at]), " ", option.label),
      make("dd", {}, option.definition || ""),
    ]);
    const question = criterion.question && criterion.question !== criterion.name ? make("p", {}, criterion.question) : null;
    return make("section", {}, make("h3", {}, criterion.name), question, criterion.guidance_html ? prose(criterion.guidance_html) : null, options.length ? make("dl", {}, options) : null);
  });
  return [
    make("header", {}, make("h2", {}, "Guidelines"), make("span", { class: "small" }, guideline ? `version ${guideline.version}` : ""), button("Close", "guidelines", { keys: "G", kind: "plain" })),
    make("div", { class: "drawer-text", tabindex: "0", role: "region", "aria-label": "Guidelines" },
      guideline ? prose(guideline.html) : make("p", { class: "small" }, "This study has no guidelines yet."),
      about.length ? make("h2", { class: "apart" }, "Questions") : null, about),
  ];
}

function namePanel({ name, again }) {
  const field = make("input", { type: "text", id: "rater-name", maxlength: "100", autocomplete: "name", spellcheck: "false", "data-enter": "name" });
  field.value = name ?? "";
  return make("div", { class: "page name" },
    make("h2", {}, again ? "Who grades now?" : "Who is grading?"),
    make("p", {}, "On this machine a name is enough. It says whose answers these are; it is not a password, so use the same one every time."),
    make("label", { for: "rater-name" }, "Your name"),
    make("div", { class: "line" }, field, button("Start grading", "give-name", { kind: "btn go" })),
    make("p", { class: "fault", role: "alert" }));
}

function otherRaterPanel({ mine, other, unsaved }) {
  const waiting = unsaved ? `${counted(unsaved, "answer")} by ${mine} ${unsaved === 1 ? "waits" : "wait"} in this browser and ${unsaved === 1 ? "is" : "are"} saved when ${mine} goes on.` : `Everything ${mine} submitted here is saved.`;
  return make("div", { class: "page other", tabindex: "-1", role: "alert" },
    make("h2", {}, `${other} is signed in now`),
    make("p", {}, `The name was changed in another tab. This page is ${mine}'s, and nothing is saved from it under another name.`),
    make("p", {}, waiting),
    make("div", { class: "line" }, button(`Go on as ${mine}`, "go-on", { kind: "btn go" }), button(`Load the page for ${other}`, "turn-over")),
    make("p", { class: "fault" }));
}

function emptyPanel({ title, text, link, label }) {
  return make("div", { class: "page" }, make("h2", {}, title), make("p", {}, text), link ? make("p", {}, make("a", { class: "btn go", href: link, target: "_self" }, label)) : null);
}

function endPanel({ progress, unsaved, links }) {
  const { mine = 0, skipped = 0, flagged = 0 } = progress ?? {};
  const fact = (n, what, act) => make("div", { class: "fact" }, make("b", {}, String(n)), make("span", {}, what), act);
  return make("div", { class: "page end" },
    make("h2", {}, mine ? "That was the last one" : "Nothing is left for you here"),
    make("p", { class: "end-saved" }, unsaved ? `${counted(unsaved, "answer is", "answers are")} still being saved. Keep this page open.` : "Everything you answered is saved."),
    make("div", { class: "facts" },
      fact(mine, "graded", mine ? button("Review my answers", "review") : null),
      fact(skipped, "skipped", skipped ? button("Open skipped", "review-skipped") : null),
      fact(flagged, "flagged", flagged ? button("Open flagged", "review-flagged") : null)),
    make("p", {}, links?.agreement ? make("a", { href: links.agreement, target: "_self" }, "See how far raters agree") : null));
}

const WORDS = { submitted: "graded", skipped: "skipped", flagged: "flagged", draft: "draft" };

function reviewPanel({ filter, rows, more, trouble }) {
  const choices = [["", "All"], ["submitted", "Graded"], ["skipped", "Skipped"], ["flagged", "Flagged"]];
  const tabs = choices.map(([value, label]) => make("button", { type: "button", class: "tab", "data-act": "review-filter", "data-filter": value, "aria-pressed": String(value === filter) }, label));
  const when = (at) => new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  const list = rows.map((row) =>
    make("li", {}, make("button", { type: "button", class: "answered", "data-act": "open", "data-subject": row.subject },
      make("span", { class: "snippet" }, row.snippet || `Subject ${row.subject}`),
      make("span", { class: `what ${row.state}` }, row.summary || row.reason || WORDS[row.state] || row.state),
      make("span", { class: "when" }, row.state === "submitted" ? "" : `${WORDS[row.state] ?? row.state} · `, row.at ? when(row.at) : ""))));
  return make("div", { class: "page review" },
    make("header", {}, make("h2", {}, "My answers"), make("div", { class: "tabs", role: "group", "aria-label": "Show" }, tabs), make("span", { class: "spring" }), button("Back to grading", "escape", { keys: "Esc" })),
    trouble ? make("p", { class: "fault" }, trouble) : null,
    rows.length ? make("ol", { class: "rows" }, list) : trouble ? null : make("p", { class: "small" }, filter ? "None." : "You have not graded anything yet."),
    more ? button("Show more", "review-more") : null);
}

function reasonPanel(kind) {
  const title = kind === "skip" ? "Why skip this one?" : "What is wrong with this one?";
  const quick = kind === "skip" ? ["I don't know the topic", "Text is cut off", "Other language"] : ["Broken text", "Harmful or private", "Question is unclear"];
  const field = make("input", { type: "text", maxlength: "1000", id: "reason", autocomplete: "off", "data-enter": kind });
  return [
    make("label", { class: "title", for: "reason" }, title),
    make("div", { class: "chips" }, quick.map((text) => make("button", { type: "button", class: "chip", "data-act": "reason-chip", "data-reason": text }, text))),
    field,
    make("div", { class: "buttons" }, button("Cancel", "escape", { keys: "Esc" }), button(kind === "skip" ? "Skip" : "Flag", `confirm-${kind}`, { keys: "⏎", kind: "btn go" })),
  ];
}

function progressPanel(progress) {
  const row = (n, what) => (n === undefined || n === null ? null : [make("dt", {}, String(n)), make("dd", {}, what)]);
  return make("dl", {}, row(progress.mine, "graded by you"), row(progress.skipped, "skipped"), row(progress.flagged, "flagged"), row(progress.left, "left for you"), row(progress.total, "in this study"), row(progress.everyone, "graded by everyone"));
}

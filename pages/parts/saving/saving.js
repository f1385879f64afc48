// Two quiet buttons under a chart, and a link to the table behind it.

function give(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function chartOf(key) {
  return document.querySelector(`.st-key-${CSS.escape(key)} .js-plotly-plot`);
}

async function save(root, data, kind) {
  const told = root.querySelector(".told");
  const buttons = root.querySelectorAll("button");
  buttons.forEach((button) => (button.disabled = true));
  told.textContent = "";
  try {
    const graph = chartOf(data.chart);
    if (!graph) throw new Error("The chart is not on the page.");
    const made = await picture(graph, data);
    give(kind === "svg" ? asText(made) : await asPixels(made), `${data.file}.${kind}`);
    told.textContent = `${kind.toUpperCase()} saved`;
  } catch (failure) {
    told.textContent = `Not saved: ${failure.message}`;
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

export default function ({ parentElement, data }) {
  const root = parentElement;
  const [png, svg] = [root.querySelector(".png"), root.querySelector(".svg")];
  png.onclick = () => save(root, data, "png");
  svg.onclick = () => save(root, data, "svg");
  png.setAttribute("aria-label", `Save as PNG: ${data.name}`);
  svg.setAttribute("aria-label", `Save as SVG: ${data.name}`);
  const csv = root.querySelector(".csv");
  csv.hidden = !data.table;
  if (data.table) {
    csv.href = data.table;
    csv.setAttribute("aria-label", `Save the numbers as CSV: ${data.name}`);
  }
}

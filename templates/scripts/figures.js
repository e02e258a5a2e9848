// Figures of other metrics than the page holds, for the table of all cells: loaded when asked for.
(function (memgrid) {
  "use strict";

  const known = new Map();
  const node = memgrid.element;

  // Called by the files in assets/figures.
  memgrid.addFigures = function (metric, rows) { known.set(metric, rows); };

  function load(metric) {
    if (known.has(metric.name)) return Promise.resolve(known.get(metric.name));
    const script = memgrid.script("assets/figures/" + encodeURIComponent(metric.file) + ".js");
    return script.then(() => known.get(metric.name) || null);
  }

  function sign(of, text) {
    return node("span", { class: "change " + of.class, title: of.why ? of.from_to + ", " + of.why : of.from_to }, node("span", { class: "sign", "aria-hidden": "true" }, of.sign), " " + text);
  }

  function put(field, value, ...children) {
    if (value === null || value === undefined) delete field.dataset.value; else field.dataset.value = value;
    field.replaceChildren(...children);
  }

  // The columns that show whichever metric was chosen: what they show, and where they are.
  function columns(table) {
    return [...table.tHead.rows[0].cells].map((head, place) => [head.dataset.part, place]).filter(([part]) => part);
  }

  // What the page came with, so that it can be shown again.
  function keep(row, parts) {
    const fields = parts.map(([, place]) => row.cells[place]);
    row.kept = row.kept || { verdict: row.dataset.verdict || "", fields: fields.map((field) => [field, field.dataset.value, [...field.childNodes]]) };
  }

  function showOwn(row) {
    row.dataset.verdict = row.kept.verdict;
    for (const [field, value, children] of row.kept.fields) put(field, value, ...children);
  }

  function showOther(row, parts, figure) {
    const change = figure && figure.change;
    row.dataset.verdict = change && change.verdict ? change.verdict : "";
    for (const [part, place] of parts) {
      const field = row.cells[place];
      if (part === "figure") put(field, figure && figure.value, figure ? figure.text : "–");
      else if (part === "change") put(field, change && change.ratio, ...(change ? [sign(change, change.figure), ...(change.interval ? [" ", node("span", { class: "interval" }, change.interval)] : [])] : []));
      else field.replaceChildren(...(change && change.verdict ? [sign(change, change.verdict)] : []));
    }
  }

  // Shows `metric` in the table's columns for it; resolves when it does. `rows` as the page has them.
  memgrid.showFigures = async function (table, rows, metric) {
    const parts = columns(table);
    for (const row of rows) keep(row, parts);
    const figures = metric.file ? await load(metric) : null;
    rows.forEach((row, index) => (metric.file ? showOther(row, parts, figures && figures[index]) : showOwn(row)));
    const head = table.querySelector("thead [data-part=figure]");
    if (head) (head.querySelector("button") || head).textContent = metric.label;
  };
})(window.memgrid);

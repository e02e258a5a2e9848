// Figures of other metrics than the page holds, for the table of all cells: loaded when asked for.
(function (memgrid) {
  "use strict";

  const known = new Map();
  const node = memgrid.element;

  // Called by the files in assets/figures.
  memgrid.addFigures = function (metric, rows) { known.set(metric, rows); };

  function load(metric) {
    if (known.has(metric.name)) return Promise.resolve(known.get(metric.name));
    return new Promise(function (resolve) {
      const script = document.createElement("script");
      script.src = memgrid.root + "assets/figures/" + encodeURIComponent(metric.file) + ".js";
      script.onload = () => resolve(known.get(metric.name) || null);
      script.onerror = () => resolve(null);
      document.head.append(script);
    });
  }

  function sign(of, text) {
    return node("span", { class: "change " + of.class, title: of.why ? of.from_to + ", " + of.why : of.from_to }, node("span", { class: "sign", "aria-hidden": "true" }, of.sign), " " + text);
  }

  function put(field, value, ...children) {
    field.dataset.value = value === null || value === undefined ? "" : value;
    field.replaceChildren(...children);
  }

  // What the page came with, so that it can be shown again.
  function keep(row) {
    if (!row.kept) row.kept = { verdict: row.dataset.verdict, fields: new Map([...row.querySelectorAll("[data-part]")].map((field) => [field, [field.dataset.value, [...field.childNodes]]])) };
  }

  function showOwn(row) {
    row.dataset.verdict = row.kept.verdict;
    for (const [field, [value, children]] of row.kept.fields) {
      if (value === undefined) delete field.dataset.value; else field.dataset.value = value;
      field.replaceChildren(...children);
    }
  }

  function showOther(row, figure) {
    const change = figure && figure.change;
    row.dataset.verdict = change && change.verdict ? change.verdict : "";
    for (const field of row.querySelectorAll("[data-part]")) {
      const part = field.dataset.part;
      if (part === "figure") put(field, figure && figure.value, figure ? figure.text : "–");
      else if (part === "change") put(field, change && change.ratio, ...(change ? [sign(change, change.figure), ...(change.interval ? [" ", node("span", { class: "interval" }, change.interval)] : [])] : []));
      else field.replaceChildren(...(change && change.verdict ? [sign(change, change.verdict)] : []));
    }
  }

  // Shows `metric` in the table's columns for it; resolves when it does. `rows` as the page has them.
  memgrid.showFigures = async function (table, rows, metric) {
    rows.forEach(keep);
    const figures = metric.file ? await load(metric) : null;
    rows.forEach((row, index) => (metric.file ? showOther(row, figures && figures[index]) : showOwn(row)));
    for (const head of table.querySelectorAll("[data-part=head]")) (head.querySelector("button") || head).textContent = metric.label;
  };
})(window.memgrid);

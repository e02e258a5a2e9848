// The table of all cells by axis, outcome, verdict and metric, and by words. The choice stands in
// the address.
(function (memgrid) {
  "use strict";

  const table = document.querySelector("table[data-figures]");
  const bar = table && document.querySelector(`[data-filter="${table.id}"]`);
  if (!bar) return;
  const node = memgrid.element;
  const axes = JSON.parse(table.dataset.axes);
  const metrics = JSON.parse(table.dataset.figures);
  // Figures are told in this order, whatever the table is sorted by.
  const rows = memgrid.rows(table);
  const places = new Map(rows.map((row) => [row, row.dataset.at.split(",")]));
  const outcomes = new Map(rows.map((row) => [row, row.querySelector(".outcome").textContent]));
  const count = node("span", { class: "quiet", role: "status" });

  // What has to hold for a row to be shown, from what was chosen. `where` has AXIS=VALUE.
  function conditions(view) {
    const all = [];
    for (const [position, [axis, values]] of axes.entries()) {
      const wanted = view.where.filter((one) => one.startsWith(axis + "=")).map((one) => String(values.indexOf(one.slice(axis.length + 1))));
      if (wanted.length) all.push((row) => wanted.includes(places.get(row)[position]));
    }
    if (view.outcome) all.push((row) => outcomes.get(row) === view.outcome);
    if (view.verdict) all.push((row) => row.dataset.verdict === view.verdict);
    const words = view.filter.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) {
      all.push(function (row) {
        const text = row.textContent.toLowerCase();
        return words.every((word) => (word.startsWith("-") && word.length > 1 ? !text.includes(word.slice(1)) : text.includes(word)));
      });
    }
    return all;
  }

  function apply() {
    const all = conditions(memgrid.view);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !all.every((holds) => holds(row));
      if (!row.hidden) shown += 1;
    }
    memgrid.arrange(table);
    count.textContent = all.length ? `${shown} of ${rows.length}` : "";
  }

  function select(label, options, value, change) {
    const field = node("select", {}, ...options.map(([name, text]) => node("option", { value: name }, text)));
    field.value = value;
    field.addEventListener("change", () => change(field.value));
    return node("label", {}, label + " ", field);
  }

  // Those that the table has, and the chosen one even if it has none of it.
  function verdicts() {
    return [...new Set(rows.map((row) => row.dataset.verdict).concat(memgrid.view.verdict).filter(Boolean))];
  }

  // Choices are made anew whenever another metric is shown, since its verdicts are others.
  function controls() {
    const had = [...bar.querySelectorAll("select, input")].indexOf(document.activeElement);
    const any = (values) => [["", "any"], ...values.map((value) => [value, value])];
    const keep = (key) => (value) => { memgrid.keep({ [key]: value }); apply(); };
    const made = axes.filter(([, values]) => values.length > 1).map(([axis, values]) => {
      const chosen = memgrid.view.where.find((one) => one.startsWith(axis + "="));
      return select(axis, any(values), chosen ? chosen.slice(axis.length + 1) : "", function (value) {
        const others = memgrid.view.where.filter((one) => !one.startsWith(axis + "="));
        keep("where")(value ? others.concat(axis + "=" + value) : others);
      });
    });
    const kinds = [...new Set(outcomes.values())];
    if (kinds.length > 1) made.push(select("outcome", any(kinds), memgrid.view.outcome, keep("outcome")));
    if (verdicts().length) made.push(select("verdict", any(verdicts()), memgrid.view.verdict, keep("verdict")));
    if (metrics.length > 1) made.push(select("metric", metrics.map(({ name, label }) => [name, label]), metric().name, (value) => { memgrid.keep({ figure: value === metrics[0].name ? "" : value, verdict: "" }); show(); }));
    const words = node("input", { type: "search", placeholder: "yaml -patched …", autocomplete: "off" });
    words.value = memgrid.view.filter;
    words.addEventListener("input", () => keep("filter")(words.value));
    bar.replaceChildren(...made, node("label", {}, "words ", words), count);
    bar.hidden = false;
    if (had >= 0) bar.querySelectorAll("select, input")[had].focus();
  }

  function metric() {
    return metrics.find(({ name }) => name === memgrid.view.figure) || metrics[0];
  }

  let shown = metrics[0].name;
  async function show() {
    if (metric().name !== shown) {
      shown = metric().name;
      await memgrid.showFigures(table, rows, metric());
      memgrid.sortAgain(table);
    }
    controls();
    apply();
  }

  show();
  window.addEventListener("hashchange", show);
})(window.memgrid);

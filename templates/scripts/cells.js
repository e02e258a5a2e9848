// Fields of a single cell, for a grid in which the axis that is compared is the rows or the columns.
// They are made from the table of all cells, when first asked for.
(function (memgrid) {
  "use strict";

  const node = memgrid.element;

  // Positions on axes, such as "0,2": a list of numbers, with null for an axis that it isn't on.
  memgrid.positions = (text) => text.split(",").map((place) => (place === "-" || place === "" ? null : Number(place)));

  // The cells of the page's table: all axes, which of them is compared (-1 if none is), and a field
  // for each cell. `shared` are the axes that twins share, `baseline` is the compared one's value.
  memgrid.cells = function (shared, baseline) {
    const table = document.querySelector("table[data-figures]");
    const axes = JSON.parse(table.dataset.axes);
    const compared = axes.findIndex(([axis]) => !shared.some(([other]) => other === axis));
    let made = null;
    function fields() {
      made = made || memgrid.rows(table).map(function (row) {
        const at = memgrid.positions(row.dataset.at);
        return { node: field(table, row, axes[compared][1][at[compared]] === baseline), at };
      });
      return made;
    }
    return { axes, compared, fields };
  };

  // What a row says in one of the columns that change with the metric: nodes, as the page came.
  function said(table, row, part) {
    const parts = [...table.tHead.rows[0].cells].map((head, place) => [head.dataset.part, place]).filter(([name]) => name);
    const position = parts.findIndex(([name]) => name === part);
    if (position < 0) return [];
    return row.kept ? row.kept.fields[position][2] : [...row.cells[parts[position][1]].childNodes];
  }

  const element = (nodes, selector) => nodes.find((one) => one instanceof Element && one.matches(selector));
  const text = (found) => (found ? found.textContent.trim() : "");

  // As the head of a field of twins, with one peak instead of two.
  function headline(verdict, change, peak, isBaseline) {
    if (!verdict) {
      return node("p", { class: "headline" }, node("span", { class: "peak" }, peak), ...(isBaseline ? [node("span", { class: "fromto" }, "the baseline")] : []));
    }
    const head = verdict.cloneNode(true);
    // Without its sign, since the verdict has one; and without words, which the verdict says.
    const figure = text(change).replace(/^\S\s+/, "");
    if (/\d/.test(figure)) head.append(" ", node("span", { class: "figure-of" }, figure));
    return node("p", { class: "headline" }, head, node("span", { class: "fromto" }, peak));
  }

  function chart(href, id, peak) {
    const picture = node("svg", { class: "chart small", role: "img" }, node("title", {}, id + " peaks at " + peak));
    const file = /([^/]+)\.html$/.exec(href)[1];
    return node("div", { "data-plot": file }, node("a", { class: "plot", href, "aria-label": id }, picture));
  }

  function trouble(href, id, outcome, reason) {
    const what = node("p", { class: "what" }, node("span", { class: "sign", "aria-hidden": "true" }, "!"), " ", node("a", { href }, node("bdi", {}, id)), ": ", outcome.cloneNode(true));
    const why = reason ? [node("p", { class: "reason" }, node("bdi", {}, reason.textContent))] : [];
    return node("div", { class: outcome.className.replace("outcome", "trouble") }, what, ...why);
  }

  function field(table, row, isBaseline) {
    const link = row.cells[0].querySelector("a");
    const [href, id] = [link.getAttribute("href"), link.textContent];
    const [judged, compared, figure] = ["verdict", "change", "figure"].map((part) => said(table, row, part));
    const verdict = element(judged, ".change");
    const made = node("div", { class: verdict ? verdict.className.replace("change", "field") : "field" });
    const peak = figure.map((one) => one.textContent).join("").trim();
    if (peak !== "–") {
      made.append(headline(verdict, element(compared, ".change"), peak, isBaseline));
      const interval = element(compared, ".interval");
      if (interval) made.append(node("p", { class: "judged" }, interval.cloneNode(true)));
      made.append(chart(href, id, peak));
    }
    const outcome = row.querySelector(".outcome");
    if (!outcome.classList.contains("good")) made.append(trouble(href, id, outcome, row.querySelector(".reason")));
    return made;
  }
})(window.memgrid);

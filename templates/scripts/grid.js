// The grid by two axes of the reader's choice. Further axes cut it into facets, which stand below
// each other, or one at a time as tabs. A field holds twins, or a single cell where the axis along
// which twins differ is one of the two. Without a script the layout is the one in the page.
(function (memgrid) {
  "use strict";

  const section = document.querySelector("section.grid[data-axes]");
  if (!section) return;
  const node = memgrid.element;
  // Of more fields than this the charts are not loaded only because the layout changed.
  const FEW = 40;
  const selects = [];
  const shared = JSON.parse(section.dataset.axes);
  const cells = memgrid.cells(shared, section.dataset.baseline);
  const { axes, compared } = cells;
  const fields = [...section.querySelectorAll(".field[data-at]")].map(function (field) {
    const at = memgrid.positions(field.dataset.at);
    if (compared >= 0) at.splice(compared, 0, null);
    return { node: field, at };
  });
  // With a single axis that twins share they stand in a flow, until rows and columns are chosen.
  const flows = shared.length < 2;
  const first = axes.map((axis, position) => position).filter((position) => position !== compared);

  // Which axes are the rows and the columns of a view: those that it names, or the first ones that
  // twins share; null for a flow.
  function chosen(view) {
    const position = (name) => axes.findIndex(([axis]) => axis === name);
    let [rows, columns] = [position(view.rows), position(view.columns)];
    if (flows && rows < 0 && columns < 0) return null;
    const other = (taken) => [...first, compared].find((axis) => axis !== taken);
    if (rows < 0) rows = other(columns);
    if (columns < 0 || columns === rows) columns = other(rows);
    return [rows, columns];
  }

  // Facets of fields by two axes, each with the values that occur in it; what is not on both axes
  // comes last. Pure: `at` holds a position on each axis, or null.
  memgrid.facets = function (all, rows, columns) {
    const facets = new Map();
    const others = [];
    for (const field of all) {
      if (field.at[rows] === null || field.at[columns] === null) { others.push(field); continue; }
      const further = field.at.map((place, axis) => (axis === rows || axis === columns ? null : place));
      const key = further.join();
      if (!facets.has(key)) facets.set(key, { further, fields: new Map(), rows: new Set(), columns: new Set() });
      const facet = facets.get(key);
      facet.rows.add(field.at[rows]);
      facet.columns.add(field.at[columns]);
      facet.fields.set(field.at[rows] + "," + field.at[columns], field);
    }
    const sorted = (places) => [...places].sort((one, other) => one - other);
    const made = [...facets.values()].map((facet) => Object.assign(facet, { rows: sorted(facet.rows), columns: sorted(facet.columns) }));
    made.sort((one, other) => compare(one.further, other.further));
    return { facets: made, others };
  };

  function compare(one, other) {
    const axis = one.findIndex((place, position) => place !== other[position]);
    const place = (of) => (of[axis] === null ? Infinity : of[axis]);
    return axis < 0 ? 0 : place(one) - place(other);
  }

  const value = (axis, place) => axes[axis][1][place];
  const named = (text) => node("bdi", {}, text);

  function heading(further) {
    return further.map((place, axis) => (place === null ? "" : axes[axis][0] + " " + value(axis, place))).filter(Boolean).join(", ");
  }

  function table(facet, rows, columns) {
    const corner = node("td", { role: "cell", class: "corner" }, node("span", { class: "quiet" }, named(axes[columns][0]), " →", node("br"), named(axes[rows][0]), " ↓"));
    const head = node("tr", { role: "row" }, corner, ...facet.columns.map((place) => node("th", { role: "columnheader", scope: "col" }, named(value(columns, place)))));
    const body = facet.rows.map(function (row) {
      const cells = facet.columns.map(function (column) {
        const field = facet.fields.get(row + "," + column);
        return node("td", { role: "cell" }, field ? field.node : node("div", { class: "field hole" }, node("p", { class: "quiet" }, "not in the matrix")));
      });
      return node("tr", { role: "row" }, node("th", { role: "rowheader", scope: "row" }, named(value(rows, row))), ...cells);
    });
    const whole = node("table", { class: "matrix", role: "table" }, node("thead", { role: "rowgroup" }, head), node("tbody", { role: "rowgroup" }, ...body));
    return node("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": axes[rows][0] + " by " + axes[columns][0] }, whole);
  }

  // In a flow a field says itself what it is.
  function flow(all) {
    for (const { node: field, at } of all) {
      if (field.querySelector(".name")) continue;
      const name = at.map((place, axis) => (place === null ? "" : value(axis, place))).filter(Boolean).join(" / ");
      field.prepend(node("h3", { class: "name" }, named(name)));
    }
    return node("div", { class: "flow" }, ...all.map((field) => field.node));
  }

  // The fields of a layout by these axes.
  function laidOut(by) {
    section.classList.toggle("single", by.includes(compared));
    if (!by.includes(compared)) return fields;
    for (const { node: field, at } of cells.fields()) places.set(field, at);
    return cells.fields();
  }

  function layOut(view) {
    const by = chosen(view);
    if (!by) {
      section.classList.remove("single");
      section.querySelector(".layout").replaceChildren(node("div", { class: "facet", "data-facet": "" }, flow(fields)));
      return;
    }
    const [rows, columns] = by;
    const { facets, others } = memgrid.facets(laidOut(by), rows, columns);
    const parts = facets.map(function (facet) {
      const name = heading(facet.further);
      return node("div", { class: "facet", "data-facet": name }, ...(name ? [node("h3", { class: "section" }, named(name))] : []), table(facet, rows, columns));
    });
    if (others.length) parts.push(node("div", { class: "facet", "data-facet": "Other cells" }, node("h3", { class: "section" }, "Other cells"), flow(others)));
    section.querySelector(".layout").replaceChildren(...parts);
  }

  const places = new WeakMap(fields.map((field) => [field.node, field.at]));
  memgrid.page.column = function (plot) {
    const by = chosen(memgrid.view);
    const at = places.get(plot.host.closest(".field"));
    return by && at ? at[by[1]] : null;
  };

  // One tab for each facet, and one for all of them.
  function tabs(bar, view) {
    const facets = [...section.querySelectorAll(".facet[data-facet]")];
    const names = facets.map((facet) => facet.dataset.facet);
    const shown = names.includes(view.facet) ? view.facet : "";
    bar.hidden = facets.length < 2;
    facets.forEach(function (facet, position) {
      facet.id = "facet-" + position;
      facet.hidden = shown !== "" && facet.dataset.facet !== shown;
      if (facets.length > 1) facet.setAttribute("role", "tabpanel"); else facet.removeAttribute("role");
      facet.setAttribute("aria-label", names[position]);
    });
    const had = bar.contains(document.activeElement);
    bar.replaceChildren(...["", ...names].map(function (name, position) {
      const selected = name === shown;
      const controls = name ? "facet-" + (position - 1) : facets.map((facet) => facet.id).join(" ");
      const tab = node("button", { type: "button", role: "tab", "aria-selected": String(selected), "aria-controls": controls, tabindex: selected ? 0 : -1 }, name ? named(name) : "all");
      tab.addEventListener("click", () => choose({ facet: name }));
      return tab;
    }));
    if (had) bar.querySelector("[aria-selected=true]").focus();
  }

  function step(bar, event) {
    const all = [...bar.children];
    const now = all.indexOf(document.activeElement);
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || now < 0) return;
    event.preventDefault();
    all[(to + all.length) % all.length].click();
  }

  function select(key, label, other) {
    const none = flows ? [node("option", { value: "" }, "–")] : [];
    const field = node("select", {}, ...none, ...axes.map(([axis]) => node("option", { value: axis }, axis)));
    const place = key === "rows" ? 0 : 1;
    const names = (by) => (by ? by.map((axis) => axes[axis][0]) : ["", ""]);
    field.addEventListener("change", function () {
      const before = names(chosen(memgrid.view));
      const change = { [key]: field.value, [other]: field.value ? before[1 - place] : "" };
      // An axis can't be both: choosing it for one moves the other away.
      if (field.value && change[other] === field.value) change[other] = before[place];
      if (!flows && change.rows === axes[first[0]][0] && change.columns === axes[first[1]][0]) Object.assign(change, { rows: "", columns: "" });
      choose(Object.assign(change, { facet: "" }));
    });
    selects.push(() => { field.value = names(chosen(memgrid.view))[place]; });
    return node("label", {}, label + " ", field);
  }

  const bar = node("div", { class: "tabs", role: "tablist", "aria-label": "facets", hidden: true });
  section.querySelector(".layout").before(bar);
  bar.addEventListener("keydown", (event) => step(bar, event));
  let laid = "\n";
  function show(view) {
    const wanted = view.rows + "\n" + view.columns;
    if (axes.length > 1 && wanted !== laid) {
      layOut(view);
      redraw(view);
    }
    laid = wanted;
    for (const update of selects) update();
    tabs(bar, view);
  }
  // Not told to the charts: what is drawn stays the same, but for the scale of time.
  function choose(change) {
    memgrid.keep(change);
    show(memgrid.view);
  }
  // Pictures of a large matrix that nobody touched have no scale, and stay as they are; a field of a
  // single cell has none to begin with.
  function redraw(view) {
    memgrid.page.gather();
    const by = chosen(view);
    if (!memgrid.page.woken && fields.length > FEW && !(by && by.includes(compared))) return;
    memgrid.page.woken = null;
    memgrid.page.awake();
  }
  if (axes.length > 1) {
    const controls = section.querySelector(".controls") || node("p", { class: "controls" });
    if (!controls.isConnected) bar.before(controls);
    controls.prepend(select("rows", "rows", "columns"), select("columns", "columns", "rows"));
    controls.hidden = false;
  }
  show(memgrid.view);
  memgrid.onChange(show);
})(window.memgrid);

// What is shown: one choice for all charts of a page, kept in the address so that a link shows the
// same. Charts ask to be told when it changes.
(function (memgrid) {
  "use strict";

  const DEFAULTS = { x: "time", y: "linear", from: "zero", metric: "rss", range: null, off: [], cells: [], filter: "", rows: "", columns: "", facet: "", where: [], outcome: "", verdict: "", figure: "", sort: "" };
  const TEXTS = ["x", "y", "from", "metric", "filter", "rows", "columns", "facet", "outcome", "verdict", "figure", "sort"];
  const listeners = [];
  const view = Object.assign({}, DEFAULTS);

  function read() {
    const hash = location.hash.slice(1);
    Object.assign(view, DEFAULTS);
    if (!hash.includes("=")) return;
    const asked = new URLSearchParams(hash);
    if (asked.get("x") === "rows") view.x = "rows";
    if (asked.get("y") === "log") view.y = "log";
    if (asked.get("from") === "start") view.from = "start";
    for (const key of TEXTS.slice(3)) if (asked.get(key)) view[key] = asked.get(key);
    const range = (asked.get("range") || "").split("~").map(Number);
    if (range.length === 2 && range.every(Number.isFinite) && range[0] < range[1]) view.range = range;
    view.off = asked.getAll("off");
    view.cells = asked.getAll("cell");
    view.where = asked.getAll("where");
  }

  function write() {
    const chosen = new URLSearchParams();
    for (const key of TEXTS) if (view[key] !== DEFAULTS[key]) chosen.set(key, view[key]);
    if (view.range) chosen.set("range", view.range.map((end) => Number(end.toPrecision(6))).join("~"));
    for (const name of view.off) chosen.append("off", name);
    for (const cell of view.cells) chosen.append("cell", cell);
    for (const value of view.where) chosen.append("where", value);
    const text = chosen.toString();
    try {
      history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
    } catch (refused) {
      location.replace("#" + text);
    }
  }

  memgrid.view = view;

  // Changes the choice without telling the charts: for what they don't show.
  memgrid.keep = function (change) {
    Object.assign(view, change);
    write();
  };

  // Changes the choice and draws again.
  memgrid.choose = function (change) {
    memgrid.keep(change);
    for (const listener of listeners) listener(view);
  };

  // Whether the charts show anything else than their static pictures do.
  memgrid.isChosen = function () {
    return ["x", "y", "from", "metric"].some((key) => view[key] !== DEFAULTS[key]) || view.range !== null || view.off.length > 0;
  };

  memgrid.onChange = function (listener) { listeners.push(listener); };

  window.addEventListener("hashchange", function () {
    // A link within the page, such as to its runs, takes no choice back.
    if (location.hash && !location.hash.includes("=")) return;
    read();
    for (const listener of listeners) listener(view);
  });
  read();
})(window.memgrid);

// How far the curves of the grid reach: one script for all cells, so that charts can share scales
// before any readings are loaded.
(function (memgrid) {
  "use strict";

  let known = {};
  let loading = null;

  // Called by assets/extents.js.
  memgrid.addExtents = function (cells) { known = cells; };

  // Loads it, once. Without it charts have no scales, and keep their pictures.
  memgrid.loadExtents = function () {
    loading = loading || memgrid.script("assets/extents.js");
    return loading;
  };

  // What the axes must span for a metric of a cell, as the view wants it: [x from, x to, y from,
  // y to, smallest positive y]; null if it was not read. `file` is its name in assets/series.
  memgrid.extent = function (file, metric, view) {
    const cell = known[file];
    const curve = cell && cell[metric];
    if (!curve || (view.x === "rows" && !cell.rows)) return null;
    const [from, to, [start, low, high, aboveZero, aboveStart]] = curve;
    const x = view.x === "rows" ? cell.rows : [from, to];
    return view.from === "start" ? [...x, low - start, high - start, aboveStart - start] : [...x, low, high, aboveZero];
  };
})(window.memgrid);

// Readings of cells. Pages opened from disk may not fetch files, but may load scripts: each cell's
// readings are a script that calls `memgrid.add`.
(function (memgrid) {
  "use strict";

  const cells = new Map();
  const waiting = new Map();

  // Called by the files in assets/series.
  memgrid.add = function (cell) {
    cells.set(cell.file, cell);
  };

  // The readings of a file in assets/series, loaded when first asked for; null if it can't be had.
  memgrid.load = function (file) {
    if (!waiting.has(file)) {
      waiting.set(file, new Promise(function (resolve) {
        const script = document.createElement("script");
        script.src = memgrid.root + "assets/series/" + encodeURIComponent(file) + ".js";
        script.onload = function () { resolve(cells.get(file) || null); };
        script.onerror = function () { resolve(null); };
        document.head.append(script);
      }));
    }
    return waiting.get(file);
  };

  memgrid.root = document.documentElement.dataset.root || "";

  // An element with attributes and children; text is never read as markup.
  memgrid.element = function (name, attributes, ...children) {
    const svg = ["svg", "g", "path", "line", "rect", "text", "circle", "title", "clipPath", "defs"];
    const node = svg.includes(name)
      ? document.createElementNS("http://www.w3.org/2000/svg", name)
      : document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  };
})(window.memgrid = window.memgrid || {});

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

  // Loads a script of the reports folder; resolves when it ran, or can't be had.
  memgrid.script = function (path) {
    return new Promise(function (resolve) {
      const script = document.createElement("script");
      script.src = memgrid.root + path;
      script.onload = script.onerror = resolve;
      document.head.append(script);
    });
  };

  // The readings of a file in assets/series, loaded when first asked for; null if it can't be had.
  memgrid.load = function (file) {
    if (!waiting.has(file)) {
      const script = memgrid.script("assets/series/" + encodeURIComponent(file) + ".js");
      waiting.set(file, script.then(() => cells.get(file) || null));
    }
    return waiting.get(file);
  };

  const DIGITS = new Map([..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].map((digit, place) => [digit, place]));
  // In so many parts of a second moments are told.
  const TICKS = 10000;

  // Numbers of a list in assets/series: one number for all, [unit, the text of their differences] as
  // in source maps (Base64 VLQ), or the numbers themselves. `count` is for the first of these.
  function numbers(coded, count) {
    if (typeof coded === "number") return new Array(count).fill(coded);
    if (typeof coded[1] !== "string") return coded;
    const [unit, text] = coded;
    const all = [];
    let [sum, number, scale] = [0, 0, 1];
    for (const digit of text) {
      const value = DIGITS.get(digit);
      // No shifts: these are for 32 bits, and memory is larger.
      number += (value % 32) * scale;
      scale *= 32;
      if (value >= 32) continue;
      sum += number % 2 ? -(number - 1) / 2 : number / 2;
      all.push(sum * unit);
      [number, scale] = [0, 1];
    }
    return all;
  }

  const read = new WeakMap();

  // A curve of a file in assets/series, as [seconds, value] in order of time.
  memgrid.points = function (readings) {
    if (!read.has(readings)) {
      const lists = [readings.t, readings.v];
      const known = lists.find((list) => typeof list !== "number");
      const count = known ? numbers(known, 0).length : 1;
      const [times, values] = lists.map((list) => numbers(list, count));
      read.set(readings, times.map((t, place) => [t / TICKS, values[place]]));
    }
    return read.get(readings);
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

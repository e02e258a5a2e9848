// Curves as they are asked for: over time or rows, absolute or above their start, one line for
// several repeats. Pure: arrays of [x, y] in, arrays out.
(function (memgrid) {
  "use strict";

  // How many columns a band of repeats has.
  const COLUMNS = 300;

  // The value at x on the line through the points; null beyond its ends.
  function at(points, x) {
    if (!points.length || x < points[0][0] || x > points[points.length - 1][0]) return null;
    let [low, high] = [0, points.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (points[middle][0] <= x) low = middle; else high = middle;
    }
    const [one, other] = [points[low], points[high]];
    if (other[0] === one[0]) return other[1];
    return one[1] + (other[1] - one[1]) * (x - one[0]) / (other[0] - one[0]);
  }

  // Rows done instead of time. What was before the first or after the last is a line straight up at
  // either end: a peak there must not vanish.
  function overRows(points, progress) {
    if (progress.length < 2) return [];
    const [first, last] = [progress[0], progress[progress.length - 1]];
    return points.map(([t, value]) => [t <= first[0] ? first[1] : t >= last[0] ? last[1] : at(progress, t), value]);
  }

  function aboveStart(points) {
    return points.length ? points.map(([x, value]) => [x, value - points[0][1]]) : points;
  }

  function median(values) {
    const sorted = values.slice().sort((one, other) => one - other);
    const half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  // Each column's highest value, so that a band keeps every peak.
  function columns(points, low, width) {
    const highest = new Array(COLUMNS).fill(null);
    for (let column = 0; column < COLUMNS; column += 1) highest[column] = at(points, low + (column + 0.5) * width);
    for (const [x, value] of points) {
      const column = Math.min(COLUMNS - 1, Math.floor((x - low) / width));
      if (highest[column] === null || value > highest[column]) highest[column] = value;
    }
    return highest;
  }

  // Several repeats as one: the median of their columns, and the range around it.
  function together(repeats) {
    const low = Math.min(...repeats.map((points) => points[0][0]));
    const high = Math.max(...repeats.map((points) => points[points.length - 1][0]));
    const width = (high - low) / COLUMNS || 1;
    const each = repeats.map((points) => columns(points, low, width));
    const [line, band] = [[], []];
    for (let column = 0; column < COLUMNS; column += 1) {
      const values = each.map((repeat) => repeat[column]).filter((value) => value !== null);
      if (!values.length) continue;
      const x = low + (column + 0.5) * width;
      line.push([x, median(values)]);
      band.push([x, Math.min(...values), Math.max(...values)]);
    }
    return { line, band };
  }

  // A metric of a cell, as the view wants it: { line, band, unit, label }; null if it was not read.
  memgrid.curve = function (cell, metric, view) {
    const [unit, label] = ["B", cell.labels[metric]];
    const repeats = cell.attempts.map(function (attempt) {
      const series = attempt.series[metric];
      if (!series) return [];
      let points = memgrid.points(series);
      if (view.x === "rows") points = overRows(points, memgrid.points(attempt.progress));
      return view.from === "start" ? aboveStart(points) : points;
    }).filter((points) => points.length);
    if (!repeats.length) return null;
    if (repeats.length === 1) return { line: repeats[0], band: null, unit, label };
    return Object.assign(together(repeats), { unit, label });
  };

  memgrid.valueAt = at;
})(window.memgrid);

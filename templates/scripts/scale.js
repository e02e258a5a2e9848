// Numbers as people read them, and axes with ticks at round ones.
(function (memgrid) {
  "use strict";

  const BYTES = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10], ["B", 1]];
  const SECONDS = [["h", 3600, 7200], ["min", 60, 180], ["s", 1, 1], ["ms", 1e-3, 0]];

  function bytesUnit(largest) {
    if (largest >= 10000 * 2 ** 20) return BYTES[0];
    if (largest >= 2 ** 20) return BYTES[1];
    return largest >= 1024 ? BYTES[2] : BYTES[3];
  }

  function unitOf(unit, largest) {
    if (unit === "B") return bytesUnit(largest);
    if (unit === "s") return SECONDS.find(([, , from]) => largest >= from) || SECONDS[3];
    return [unit === "1" ? "" : unit, 1];
  }

  // Three significant digits, and no exponent.
  function digits(value) {
    const size = Math.abs(value);
    const decimals = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    return value.toFixed(decimals);
  }

  memgrid.number = function (value, unit) {
    const [name, factor] = unitOf(unit, Math.abs(value));
    if (unit === "rows" || unit === "1") return Math.round(value).toLocaleString("en");
    return (digits(value / factor) + " " + name).trim();
  };

  function step(wanted) {
    const power = 10 ** Math.floor(Math.log10(wanted));
    const share = wanted / power;
    return power * (share < Math.SQRT2 ? 1 : share < Math.sqrt(10) ? 2 : share < Math.sqrt(50) ? 5 : 10);
  }

  // A linear scale over [low, high] in `unit`, with about `count` ticks.
  memgrid.linear = function (low, high, unit, count) {
    if (!(high > low)) high = low + (unit === "B" ? 2 ** 20 : 1);
    const [name, factor] = unitOf(unit, Math.max(Math.abs(low), Math.abs(high)));
    const each = step((high - low) / factor / count);
    const decimals = Math.max(0, -Math.floor(Math.log10(each)));
    const ticks = [];
    for (let n = Math.ceil(low / factor / each - 1e-9); n * each <= high / factor * (1 + 1e-9); n += 1) {
      ticks.push({ value: n * each * factor, label: unit === "rows" ? Math.round(n * each).toLocaleString("en") : (n * each).toFixed(decimals) });
    }
    return { low, high, unit: name, ticks, place: (value) => (value - low) / (high - low), value: (at) => low + at * (high - low) };
  };

  // A logarithmic one; `low` is above 0.
  memgrid.logarithmic = function (low, high, unit) {
    if (!(high > low)) high = low * 10;
    const [name, factor] = unitOf(unit, high);
    const [from, to] = [Math.log(low), Math.log(high)];
    const ticks = [];
    for (let power = Math.floor(Math.log10(low / factor)); 10 ** power * factor <= high; power += 1) {
      for (const times of [1, 2, 5]) {
        const value = times * 10 ** power * factor;
        if (value >= low && value <= high) ticks.push({ value, label: String(Number((times * 10 ** power).toPrecision(2))) });
      }
    }
    const place = (value) => (Math.log(Math.max(value, low)) - from) / (to - from);
    return { low, high, unit: name, ticks, place, value: (at) => Math.exp(from + at * (to - from)) };
  };
})(window.memgrid);

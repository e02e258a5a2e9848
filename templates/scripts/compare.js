// The charts in which cells, or the runs of one cell, are drawn over each other. What is drawn stands
// in the address: `cell=<file>` for a cell's newest result, `cell=<file>~<run>` for an earlier one.
(function (memgrid) {
  "use strict";

  const host = document.querySelector("[data-compare]");
  if (!host) return;
  const node = memgrid.element;
  const { cells, runs } = JSON.parse(host.dataset.compare);
  const byFile = new Map(cells.map((cell) => [cell[0], cell]));
  const byId = new Map(cells.map((cell) => [cell[1], cell]));
  const ends = new Map(runs.map(([end, label]) => [end, label]));
  const chosen = host.querySelector(".chosen");
  const rest = node("p", { class: "controls chosen" });
  // A page of one cell offers its runs; others offer cells.
  const only = host.dataset.only === "runs" ? cells[0] : null;
  // As many as can be told apart by their looks.
  const MOST = 6;
  // Up to so many cells are all offered; more are found by their ids.
  const FEW = 24;

  host.hidden = false;
  host.dataset.plot = JSON.stringify({ cells: [], layers: null, areas: {}, compared: true });
  const plot = memgrid.page.add(host);

  function all([file, , places]) {
    return [file].concat(places.map((place) => file + runs[place][0]));
  }

  // What people call a choice; null if it is none of these.
  function name(key) {
    const cut = key.indexOf("~");
    const cell = byFile.get(cut < 0 ? key : key.slice(0, cut));
    if (!cell) return null;
    if (cut < 0) return only ? "newest" : cell[1];
    const end = key.slice(cut);
    if (!cell[2].some((place) => runs[place][0] === end)) return null;
    return only ? ends.get(end) : cell[1] + " in " + ends.get(end);
  }

  function choose(keys) { memgrid.choose({ cells: keys, range: null }); }

  function drawn() {
    const known = memgrid.view.cells.filter((key) => name(key) !== null);
    return only && !known.length ? all(only).slice(0, MOST) : known;
  }

  function button(text, action, attributes) {
    const made = node("button", Object.assign({ type: "button" }, attributes), text);
    made.addEventListener("click", action);
    return made;
  }

  // Each run of the one cell, to be switched on and off.
  function switches(keys) {
    return all(only).map(function (key) {
      const on = keys.includes(key);
      return button(name(key), () => choose(all(only).filter((other) => (other === key ? !on : keys.includes(other)))), { "aria-pressed": String(on) });
    });
  }

  const field = node("input", { list: "cells", placeholder: "a cell's id", autocomplete: "off", "aria-label": "a cell to add" });
  const when = node("select", { "aria-label": "the run to add it from" });
  function offer() {
    const cell = byId.get(field.value.trim());
    const places = cell ? cell[2] : [];
    when.replaceChildren(node("option", { value: "" }, "newest run"), ...places.map((place) => node("option", { value: runs[place][0] }, runs[place][1])));
  }
  function add() {
    const cell = byId.get(field.value.trim());
    if (!cell) return;
    const key = cell[0] + when.value;
    if (!memgrid.view.cells.includes(key)) choose(memgrid.view.cells.concat(key));
  }
  field.addEventListener("input", offer);
  field.addEventListener("change", function () {
    offer();
    add();
    // With earlier runs to choose from, the id stays.
    if (when.options.length === 1) field.value = "";
  });
  when.addEventListener("change", add);

  // The cells that could be drawn as well.
  function others(keys) {
    if (cells.length > FEW || keys.length >= MOST) return [];
    const free = cells.filter(([file]) => !keys.includes(file));
    return free.map(([file, id]) => button(id, () => choose(keys.concat(file)), { "aria-label": "add " + id }));
  }

  // Each choice, to be taken away; the runs of a cell, to be added; and any cell.
  function list(keys) {
    const taken = keys.map((key) => button(name(key) + " ×", () => choose(keys.filter((other) => other !== key)), { "aria-label": "remove " + name(key) }));
    const files = [...new Set(keys.map((key) => key.split("~")[0]))];
    const more = files.filter((file) => all(byFile.get(file)).some((key) => !keys.includes(key)) && keys.length < MOST).map(function (file) {
      const cell = byFile.get(file);
      return button("+ earlier runs of " + cell[1], () => choose([...new Set(keys.concat(all(cell)))].slice(0, Math.max(MOST, keys.length))));
    });
    return [...taken, ...more, node("label", {}, "add ", field), when];
  }

  // Replaces what is offered; whoever is at one of it stays at that place.
  function fill(place, offered) {
    const kept = [...place.children].findIndex((child) => child.contains(document.activeElement));
    place.replaceChildren(...offered);
    const next = kept < 0 ? null : place.children[Math.min(kept, place.children.length - 1)];
    if (next) (next.querySelector("input") || next).focus();
  }

  function show() {
    const keys = drawn();
    const gone = memgrid.view.cells.filter((key) => name(key) === null);
    fill(chosen, only ? switches(keys) : list(keys));
    fill(rest, only ? [] : others(keys));
    if (gone.length) chosen.append(node("span", { class: "quiet", role: "status" }, "not there any more: " + gone.join(", ")));
    host.classList.toggle("empty", !keys.length);
    plot.spec.cells = keys;
    plot.spec.names = Object.fromEntries(keys.map((key) => [key, name(key)]));
    memgrid.page.woken = null;
    memgrid.page.awake();
  }

  offer();
  if (!only) host.append(rest, node("datalist", { id: "cells" }, ...cells.map(([, id]) => node("option", { value: id }))));
  memgrid.onChange(show);
  show();
})(window.memgrid);

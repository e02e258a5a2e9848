// The page on which any cells are drawn over each other.
(function (memgrid) {
  "use strict";

  const host = document.querySelector("[data-compare]");
  if (!host) return;
  const node = memgrid.element;
  const cells = JSON.parse(host.dataset.compare);
  const names = new Map(cells);
  const files = new Map(cells.map(([file, id]) => [id, file]));
  const chosen = host.querySelector(".chosen");

  host.hidden = false;
  host.dataset.plot = JSON.stringify({ cells: [], layers: null, areas: {}, compared: true });
  const plot = memgrid.page.add(host);

  const field = node("input", { list: "cells", placeholder: "a cell's id", autocomplete: "off", "aria-label": "a cell to add" });
  field.addEventListener("change", function () {
    const file = files.get(field.value.trim());
    if (!file) return;
    field.value = "";
    if (!memgrid.view.cells.includes(file)) memgrid.choose({ cells: memgrid.view.cells.concat(file), range: null });
  });

  function show() {
    const known = memgrid.view.cells.filter((file) => names.has(file));
    chosen.replaceChildren(...known.map(function (file) {
      const remove = node("button", { type: "button", "aria-label": "remove " + names.get(file) }, names.get(file) + " ×");
      remove.addEventListener("click", () => memgrid.choose({ cells: memgrid.view.cells.filter((other) => other !== file) }));
      return remove;
    }), node("label", {}, "add ", field));
    plot.spec.cells = known;
    memgrid.page.woken = null;
    memgrid.page.awake();
  }

  host.append(node("datalist", { id: "cells" }, ...cells.map(([, id]) => node("option", { value: id }))));
  memgrid.onChange(show);
  show();
})(window.memgrid);

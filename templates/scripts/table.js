// Tables of cells: sorted by a column, filtered by words. The words stand in the address too.
(function (memgrid) {
  "use strict";

  const node = memgrid.element;

  // What a field is sorted by: a number that the page gives, or its text.
  function key(row, column) {
    const field = row.cells[column];
    const number = field.dataset.value;
    return number === undefined ? field.textContent.trim() : number === "" ? null : Number(number);
  }

  function order(one, other) {
    if (one === other) return 0;
    // What has no value comes last.
    if (one === null || other === null) return one === null ? 1 : -1;
    return typeof one === "number" ? one - other : String(one).localeCompare(String(other), "en", { numeric: true });
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach(function (head, column) {
      const button = node("button", { type: "button", class: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", function () {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row) => [key(row, column), row]);
        rows.sort(([one], [other]) => (down && one !== null && other !== null ? order(other, one) : order(one, other)));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  function filter(table, bar) {
    const rows = [...table.tBodies[0].rows];
    const words = rows.map((row) => row.textContent.toLowerCase());
    const count = node("span", { class: "quiet", role: "status" });
    const field = node("input", { type: "search", placeholder: "sqlite json ok …", autocomplete: "off" });
    function apply() {
      const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach(function (row, index) {
        row.hidden = !wanted.every((word) => word.startsWith("-") && word.length > 1 ? !words[index].includes(word.slice(1)) : words[index].includes(word));
        if (!row.hidden) shown += 1;
      });
      count.textContent = wanted.length ? `${shown} of ${rows.length}` : "";
    }
    field.addEventListener("input", function () {
      apply();
      memgrid.keep({ filter: field.value });
    });
    field.value = memgrid.view.filter || "";
    bar.append(node("label", {}, "filter ", field), " ", count);
    bar.hidden = false;
    apply();
  }

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    sortable(table);
    const bar = document.querySelector(`[data-filter="${table.id}"]`);
    if (bar) filter(table, bar);
  }
})(window.memgrid);

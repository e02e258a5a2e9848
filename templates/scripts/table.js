// Tables that are sorted by a column: a click on its head, once more for the other way.
(function (memgrid) {
  "use strict";

  const node = memgrid.element;

  // What a field is sorted by: a number that the page gives, or its text; null if it has nothing.
  function key(row, column) {
    const field = row.cells[column];
    if (field.dataset.value !== undefined) return Number(field.dataset.value);
    const text = field.textContent.trim();
    return text === "" || text === "–" ? null : text;
  }

  const came = new WeakMap();

  // A table's rows in the order in which the page came.
  memgrid.rows = (table) => came.get(table) || [...table.tBodies[0].rows];

  function order(one, other) {
    if (one === other) return 0;
    // What has no value comes last.
    if (one === null || other === null) return one === null ? 1 : -1;
    return typeof one === "number" ? one - other : String(one).localeCompare(String(other), "en", { numeric: true });
  }

  function sort(table, column, down) {
    [...table.tHead.rows[0].cells].forEach((head, index) => {
      if (index === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row, column), row]);
    rows.sort(([one], [other]) => (down && one !== null && other !== null ? order(other, one) : order(one, other)));
    body.append(...rows.map(([, row]) => row));
  }

  // Sorts again as the head says, such as after the figures became others.
  memgrid.sortAgain = function (table) {
    const column = [...table.tHead.rows[0].cells].findIndex((head) => head.hasAttribute("aria-sort"));
    if (column >= 0) sort(table, column, table.tHead.rows[0].cells[column].getAttribute("aria-sort") === "descending");
  };

  // What is not laid out before it comes into sight has nearly its height, so that the page's end stays.
  const ROW = 36;
  for (const section of document.querySelectorAll(".all-cells")) {
    section.style.containIntrinsicBlockSize = `auto ${section.querySelectorAll("tbody tr").length * ROW}px`;
  }

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    came.set(table, memgrid.rows(table));
    const asked = /^(\d+)(d?)$/.exec(memgrid.view.sort);
    [...table.tHead.rows[0].cells].forEach(function (head, column) {
      const button = node("button", { type: "button", class: "sort" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", function () {
        const down = head.getAttribute("aria-sort") === "ascending";
        sort(table, column, down);
        memgrid.keep({ sort: column + (down ? "d" : "") });
      });
    });
    if (asked && Number(asked[1]) < table.tHead.rows[0].cells.length) sort(table, Number(asked[1]), asked[2] === "d");
  }

  // A table that is laid out late is, as soon as nobody waits for anything else: at the moment at which
  // it comes into sight it would hold up a frame.
  if (window.requestIdleCallback) {
    addEventListener("load", () => requestIdleCallback(function () {
      for (const section of document.querySelectorAll(".all-cells")) section.classList.add("at-hand");
    }));
  }
})(window.memgrid);

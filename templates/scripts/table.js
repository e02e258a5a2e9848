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

  // Rows in the order in which the page came, and in the order in which they stand.
  const came = new WeakMap();
  const standing = new WeakMap();
  const read = (table) => [...table.tBodies].flatMap((body) => [...body.rows]);

  // A table's rows in the order in which the page came.
  memgrid.rows = (table) => came.get(table) || read(table);

  // Puts rows into a table's blocks, each of which stays as long as it came: so a block that is laid
  // out when it comes into sight is as high as it was. What is not shown comes last.
  memgrid.arrange = function (table, rows = standing.get(table)) {
    standing.set(table, rows);
    const shown = rows.filter((row) => !row.hidden);
    const all = shown.length < rows.length ? shown.concat(rows.filter((row) => row.hidden)) : rows;
    const ends = [...table.tBodies].map((body) => body.rows.length);
    let next = 0;
    [...table.tBodies].forEach(function (body, place) {
      const part = all.slice(next, next += ends[place]);
      body.hidden = part.every((row) => row.hidden);
      if (part.some((row, position) => row !== body.rows[position])) body.replaceChildren(...part);
    });
  };

  const texts = new Intl.Collator("en", { numeric: true });

  function order(one, other) {
    if (one === other) return 0;
    // What has no value comes last.
    if (one === null || other === null) return one === null ? 1 : -1;
    return typeof one === "number" ? one - other : texts.compare(one, other);
  }

  function sort(table, column, down) {
    [...table.tHead.rows[0].cells].forEach((head, index) => {
      if (index === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const rows = standing.get(table).map((row) => [key(row, column), row]);
    rows.sort(([one], [other]) => (down && one !== null && other !== null ? order(other, one) : order(one, other)));
    memgrid.arrange(table, rows.map(([, row]) => row));
  }

  // Sorts again as the head says, such as after the figures became others.
  memgrid.sortAgain = function (table) {
    const column = [...table.tHead.rows[0].cells].findIndex((head) => head.hasAttribute("aria-sort"));
    if (column >= 0) sort(table, column, table.tHead.rows[0].cells[column].getAttribute("aria-sort") === "descending");
  };

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const rows = read(table);
    came.set(table, rows);
    standing.set(table, rows);
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
})(window.memgrid);

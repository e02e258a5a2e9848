// What pointer and keyboard do on a chart: the crosshair, which all charts of the page share, and
// zooming into a range.
(function (memgrid) {
  "use strict";

  // A shorter way of the pointer is a click.
  const SHORTEST_DRAG = 6;

  // Listens on the whole page, since it may have very many charts. `page` has plotOf(element),
  // point(x) for all of them, and awake(), which loads them.
  memgrid.listen = function (page) {
    // Where a button was pressed, and on which chart.
    let start = null;
    let dragged = false;
    const on = (kind, action) => document.addEventListener(kind, function (event) {
      const plot = page.plotOf(event.target);
      if (plot && plot.picture.contains(event.target)) action(event, plot);
    });

    // Where the pointer is while charts are loaded: it may rest by the time they can answer.
    let last = null;
    on("pointerover", async function (event, plot) {
      last = event;
      await page.awake();
      if (last && page.plotOf(last.target) === plot && plot.x) page.point(plot.under(last));
    });
    document.addEventListener("focusin", (event) => { if (page.plotOf(event.target)) page.awake(); });
    on("pointermove", function (event, plot) {
      last = event;
      if (!plot.x) return;
      const x = plot.under(event);
      page.point(x);
      if (start && start.plot === plot && Math.abs(event.clientX - start.clientX) > SHORTEST_DRAG) {
        dragged = true;
        select(plot, start.x, x);
      }
    });
    on("pointerout", function (event, plot) {
      last = null;
      if (!start && !plot.picture.contains(event.relatedTarget)) page.point(null);
    });
    on("pointerdown", function (event, plot) {
      if (!plot.x || event.button !== 0 || event.pointerType === "touch") return;
      start = { plot, clientX: event.clientX, x: plot.under(event) };
      dragged = false;
      plot.picture.setPointerCapture(event.pointerId);
      event.preventDefault();
      plot.picture.focus({ preventScroll: true });
    });
    on("pointerup", function (event, plot) {
      if (!start || start.plot !== plot) return;
      const [from, to] = [start.x, plot.under(event)];
      start = null;
      if (dragged && from !== null && to !== null && from !== to) {
        memgrid.choose({ range: [Math.min(from, to), Math.max(from, to)] });
      } else if (!dragged && plot.href) {
        page.open(plot.href);
      }
    });
    on("pointercancel", function () { start = null; });
    on("dblclick", () => memgrid.choose({ range: null }));
    on("keydown", function (event, plot) {
      if (plot.x && key(plot, page, event.key)) event.preventDefault();
    });
  };

  function select(plot, from, to) {
    if (from === null || to === null) return;
    const [one, other] = [plot.x.place(from), plot.x.place(to)].sort((a, b) => a - b);
    plot.cursor.append(memgrid.element("rect", { class: "selection", x: one * 100 + "%", width: (other - one) * 100 + "%", y: 0, height: "100%" }));
  }

  function key(plot, page, name) {
    const length = plot.x.high - plot.x.low;
    const now = Number(plot.picture.getAttribute("aria-valuenow"));
    const steps = { ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01, PageDown: -0.1, PageUp: 0.1 };
    if (name in steps) page.point(Math.min(plot.x.high, Math.max(plot.x.low, now + steps[name] * length)));
    else if (name === "Home") page.point(plot.x.low);
    else if (name === "End") page.point(plot.x.high);
    else if (name === "+" || name === "=") zoom(plot, now, 0.5);
    else if (name === "-") zoom(plot, now, 2);
    else if (name === "Escape" || name === "0") memgrid.choose({ range: null });
    else if (name === "Enter" && plot.href) page.open(plot.href);
    else return false;
    return true;
  }

  function zoom(plot, centre, factor) {
    const half = (plot.x.high - plot.x.low) * factor / 2;
    const whole = plot.span;
    const range = [Math.max(whole[0], centre - half), Math.min(whole[1], centre + half)];
    memgrid.choose({ range: range[0] <= whole[0] && range[1] >= whole[1] ? null : range });
  }
})(window.memgrid);

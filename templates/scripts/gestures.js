// What pointer and keyboard do on a chart: the crosshair, which all charts of the page share, and
// zooming into a range.
(function (memgrid) {
  "use strict";

  // A shorter way of the pointer is a click.
  const SHORTEST_DRAG = 6;

  // Listens on a plot. `page` has plots, point(x) for all of them, and awake(), which loads them.
  memgrid.listen = function (plot, page) {
    const picture = plot.picture;
    let start = null;
    let dragged = false;

    picture.addEventListener("pointerenter", () => page.awake());
    picture.addEventListener("focus", () => page.awake());
    picture.addEventListener("pointermove", function (event) {
      if (!plot.x) return;
      const x = plot.under(event);
      page.point(x);
      if (start && Math.abs(event.clientX - start.clientX) > SHORTEST_DRAG) {
        dragged = true;
        select(plot, start.x, x);
      }
    });
    picture.addEventListener("pointerleave", function () { if (!start) page.point(null); });
    picture.addEventListener("pointerdown", function (event) {
      if (!plot.x || event.button !== 0 || event.pointerType === "touch") return;
      start = { clientX: event.clientX, x: plot.under(event) };
      dragged = false;
      picture.setPointerCapture(event.pointerId);
      event.preventDefault();
      picture.focus({ preventScroll: true });
    });
    picture.addEventListener("pointerup", function (event) {
      if (!start) return;
      const [from, to] = [start.x, plot.under(event)];
      start = null;
      if (dragged && from !== null && to !== null && from !== to) {
        memgrid.choose({ range: [Math.min(from, to), Math.max(from, to)] });
      } else if (!dragged && plot.href) {
        page.open(plot.href);
      }
    });
    picture.addEventListener("pointercancel", function () { start = null; });
    picture.addEventListener("dblclick", () => memgrid.choose({ range: null }));
    picture.addEventListener("keydown", function (event) {
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

// All charts of a page: woken together when one of them is touched, with scales and a crosshair
// that they share.
(function (memgrid) {
  "use strict";

  const hosts = [...document.querySelectorAll("[data-plot]")];

  const page = {
    plots: [],
    woken: null,

    // Loads and draws everything that is on the page, once.
    awake() {
      page.woken = page.woken || Promise.all(page.plots.map((plot) => plot.load())).then(draw);
      return page.woken;
    },

    point(x) {
      for (const plot of page.plots) if (plot.x) plot.point(x);
    },

    // Opens a cell's page with the choice that was made here.
    open(href) {
      location.assign(href + (location.hash.includes("=") ? location.hash : ""));
    },
  };
  memgrid.page = page;

  // Adds a chart to the page.
  page.add = function (host) {
    const link = host.closest("a.plot") || host.querySelector("a.plot");
    const plot = new memgrid.Plot(host);
    if (!plot.picture) return null;
    if (link) {
      // A link can't hold a slider: the chart itself opens what the link opened.
      plot.href = link.getAttribute("href");
      const box = memgrid.element("div", { class: "plot" });
      box.append(...link.childNodes);
      link.replaceWith(box);
    }
    host.append(memgrid.element("p", { class: "readout" }));
    plot.picture.setAttribute("tabindex", "0");
    page.plots.push(plot);
    memgrid.listen(plot, page);
    return plot;
  };

  function union(spans) {
    return spans.reduce((one, other) => [
      Math.min(one[0], other[0]), Math.max(one[1], other[1]), Math.min(one[2], other[2]),
      Math.max(one[3], other[3]), Math.min(one[4], other[4]),
    ]);
  }

  function draw() {
    const drawn = page.plots.filter((plot) => plot.cells.length && plot.read(memgrid.view));
    const spans = new Map(drawn.map((plot) => [plot, plot.extent()]));
    for (const plot of drawn) {
      const mates = plot.spec.small ? drawn.filter((other) => other.spec.small && other.lines.length) : [plot];
      const column = mates.filter((other) => other.spec.column === plot.spec.column);
      if (!mates.length || !column.length || !Number.isFinite(union(column.map((mate) => spans.get(mate)))[0])) {
        plot.prepare();
        plot.x = null;
        continue;
      }
      const memory = union(mates.map((mate) => spans.get(mate)));
      const time = union(column.map((mate) => spans.get(mate)));
      plot.span = [Math.min(0, time[0]), time[1]];
      plot.draw(memgrid.view, [time[0], time[1], memory[2], memory[3], memory[4]]);
      if (memgrid.legend) memgrid.legend(plot);
    }
  }

  for (const host of hosts) page.add(host);
  memgrid.onChange(function () { page.awake().then(draw); });
  // A link that somebody shared shows what was chosen.
  if (memgrid.isChosen() && page.plots.length) page.awake();
})(window.memgrid);

// All charts of a page: woken together when one of them is touched, with scales and a crosshair
// that they share. Of very many, only those in sight are loaded and drawn; others when they come
// into sight.
(function (memgrid) {
  "use strict";

  // More charts than this are very many.
  const FEW = 40;
  const hosts = new Map();

  const page = {
    // The charts that are on the page.
    plots: [],
    woken: null,
    // Where the crosshair is; null if there is none.
    at: null,

    // Gets to know all scales, once, and draws.
    awake() {
      page.woken = page.woken || Promise.all([
        page.plots.some((plot) => plot.spec.small) && memgrid.loadExtents(),
        ...page.plots.map((plot) => !plot.spec.small && plot.load()),
      ]).then(draw);
      return page.woken;
    },

    point(x) {
      page.at = x;
      for (const plot of page.plots) if (plot.x && plot.inSight !== false) plot.point(x);
    },

    // The chart that an event or an element is in; null if that is none.
    plotOf(element) {
      const host = element instanceof Element && element.closest("[data-plot]");
      return (host && hosts.get(host)) || null;
    },

    // What a small chart shares its scale of time with; the grid says it.
    column() { return null; },

    // Opens a cell's page with the choice that was made here.
    open(href) {
      location.assign(href + (location.hash.includes("=") ? location.hash : ""));
    },
  };
  memgrid.page = page;

  // Adds a chart to the page.
  page.add = function (host) {
    const plot = new memgrid.Plot(host);
    if (!plot.picture) return null;
    if (!plot.link) plot.picture.setAttribute("tabindex", "0");
    page.plots.push(plot);
    hosts.set(host, plot);
    return plot;
  };

  // Takes in that charts came to the page, or left it.
  page.gather = function () {
    for (const host of document.querySelectorAll("[data-plot]")) if (!hosts.has(host)) page.add(host);
    page.plots = [...hosts.values()].filter(({ host }) => host.isConnected);
    if (observer) observer.disconnect();
    observer = null;
  };

  // Small charts share one scale of memory, and one of time with their column; a large one has its own.
  function scales(plot) {
    return plot.spec.small ? ["memory", "column " + page.column(plot)] : [plot, plot];
  }

  const isMany = () => page.plots.length > FEW;

  // Resolves when all are drawn; of very many, when it is known how they are to be.
  function draw() {
    const drawn = page.plots.filter((plot) => plot.spec.small || (plot.cells.length && plot.read(memgrid.view)));
    const spans = new Map();
    for (const plot of drawn) {
      const span = plot.extent(memgrid.view);
      if (!Number.isFinite(span[0])) continue;
      for (const scale of new Set(scales(plot))) spans.set(scale, spans.has(scale) ? memgrid.union(spans.get(scale), span) : span);
    }
    for (const plot of drawn) plot.due = scales(plot).map((scale) => spans.get(scale));
    if (isMany()) watch();
    return Promise.all(drawn.map((plot) => (!isMany() || plot.inSight) && finish(plot)));
  }

  // Of very many charts no more are drawn in a frame than leave time to show it, in milliseconds.
  const BUDGET = 6;
  let turns = Promise.resolve();
  let began = -Infinity;
  function turn() {
    const nextFrame = () => new Promise((resolve) => requestAnimationFrame(function () {
      began = performance.now();
      resolve();
    }));
    turns = turns.then(() => (performance.now() - began < BUDGET ? null : nextFrame()));
    return turns;
  }

  // Draws a chart on the scales that it is due to have, unless others are asked for meanwhile.
  async function finish(plot) {
    const due = plot.due;
    const loaded = await plot.load();
    if (isMany()) await turn();
    if (!loaded || plot.due !== due || plot.inSight === false) return;
    plot.due = null;
    plot.read(memgrid.view);
    const [memory, time] = due;
    if (plot.lines.length && !(memory && time)) return;
    if (!plot.lines.length) {
      plot.clear();
      return;
    }
    plot.span = [Math.min(0, time[0]), time[1]];
    plot.draw(memgrid.view, [time[0], time[1], memory[2], memory[3], memory[4]]);
    plot.point(page.at);
    if (memgrid.legend) memgrid.legend(plot);
  }

  // While many charts pass by, their pictures as they are serve; those that stay in sight are drawn.
  const REST = 100;
  let scrolling = 0;
  addEventListener("scroll", function () {
    if (!observer) return;
    clearTimeout(scrolling);
    scrolling = setTimeout(function () {
      scrolling = 0;
      for (const plot of page.plots) if (plot.inSight && plot.due) finish(plot);
    }, REST);
  }, { passive: true, capture: true });

  let observer = null;
  function watch() {
    if (observer) return;
    observer = new IntersectionObserver(function (entries) {
      for (const { target, isIntersecting } of entries) {
        const plot = hosts.get(target);
        plot.inSight = isIntersecting;
        if (isIntersecting && plot.due && !scrolling) finish(plot);
        else if (isIntersecting && plot.x) plot.point(page.at);
      }
    }, { rootMargin: "25%" });
    for (const plot of page.plots) {
      plot.inSight = false;
      observer.observe(plot.host);
    }
  }

  page.gather();
  memgrid.listen(page);
  memgrid.onChange(function () {
    page.at = null;
    page.awake().then(draw);
  });
  // A link that somebody shared shows what was chosen.
  if (memgrid.isChosen() && page.plots.length) page.awake();
})(window.memgrid);

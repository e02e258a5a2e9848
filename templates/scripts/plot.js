// One chart, drawn again in the place of its static picture once somebody asks something of it.
// It has the same structure as that picture, so that the same style sheet serves both.
(function (memgrid) {
  "use strict";

  const [WIDTH, HEIGHT] = [2000, 1000];
  // No small chart with labels is narrower, in pixels; asking each for its width would take a layout.
  const NARROW = 230;
  const LOOKS = 6;
  const node = memgrid.element;
  const percent = (share) => Math.round(share * 10000) / 100 + "%";

  // What a chart shows: { cells: [files in assets/series], layers: [metrics] or none for the chosen
  // one, areas: { metric: the one up to which it is filled }, small, names: { file: what it is
  // called here } }. The grid's small ones, of which there are many, name their files alone.
  function specOf(text) {
    return text.startsWith("{") ? JSON.parse(text) : { cells: text.split(" "), areas: { rss: "heap" }, small: true };
  }

  // What spans both of two extents.
  memgrid.union = (one, other) => [
    Math.min(one[0], other[0]), Math.max(one[1], other[1]), Math.min(one[2], other[2]),
    Math.max(one[3], other[3]), Math.min(one[4], other[4]),
  ];

  // `host` holds the static picture, maybe in a link; its data-plot says what is shown.
  memgrid.Plot = class {
    constructor(host) {
      this.host = host;
      this.spec = specOf(host.dataset.plot);
      this.picture = host.querySelector("svg.chart");
      this.link = host.closest("a.plot") || host.querySelector("a.plot");
      this.href = this.link && this.link.getAttribute("href");
      const title = this.picture && this.picture.querySelector("title");
      this.title = title ? title.textContent : this.link ? this.link.getAttribute("aria-label") : "";
      this.cells = [];
      this.lines = [];
    }

    // Loads what is shown, each file once.
    async load() {
      const suffix = this.spec.small ? ".small" : "";
      const cells = await Promise.all(this.spec.cells.map((file) => memgrid.load(file + suffix)));
      this.cells = cells.filter((cell) => cell !== null);
      return this.cells.length > 0;
    }

    // The curves that the view asks for, those that are switched off left out.
    read(view) {
      const layers = this.spec.layers || [view.metric];
      this.all = [];
      this.cells.forEach((cell, position) => layers.forEach((metric, layer) => {
        const curve = memgrid.curve(cell, metric, view);
        if (!curve) return;
        const several = this.cells.length > 1;
        const id = (this.spec.names || {})[cell.file] || cell.id;
        const name = layers.length > 1 ? (several ? `${id} ${curve.label}` : curve.label) : this.spec.small ? cell.name : id;
        const look = this.spec.compared ? position * layers.length + layer : layers.length > 1 ? layer + 1 : cell.look;
        const filled = (this.spec.areas || {})[metric];
        const area = filled && (memgrid.curve(cell, filled, view) || curve);
        this.all.push(Object.assign({ name, metric, cell, look: look % LOOKS, area: area && area.line }, curve));
      }));
      this.lines = this.all.filter((line) => !view.off.includes(line.name));
      return this.lines;
    }

    // What its axes must span at least: [x from, x to, y from, y to, smallest positive y]. A small
    // chart knows it before its readings are loaded.
    extent(view) {
      const span = [Infinity, -Infinity, Infinity, -Infinity, Infinity];
      if (this.spec.small) {
        const extents = this.spec.cells.map((file) => memgrid.extent(file, view.metric, view));
        return extents.filter(Boolean).reduce(memgrid.union, span);
      }
      for (const line of this.lines) {
        const points = line.band ? line.band.map(([x, low, high]) => [x, low, high]) : line.line;
        for (const [x, low, high = low] of points) {
          span[0] = Math.min(span[0], x); span[1] = Math.max(span[1], x);
          span[2] = Math.min(span[2], low); span[3] = Math.max(span[3], high);
          if (low > 0) span[4] = Math.min(span[4], low);
        }
      }
      return span;
    }

    draw(view, span) {
      const [from, to] = view.range || [view.x === "rows" ? span[0] : Math.min(0, span[0]), span[1]];
      const unit = this.lines.length ? this.lines[0].unit : "B";
      const few = this.spec.small ? 3 : 5;
      this.x = memgrid.linear(from, to, view.x === "rows" ? "rows" : "s", this.spec.small ? 4 : this.across());
      this.y = view.y === "log" && span[3] > 0
        ? memgrid.logarithmic(span[4], span[3] * 1.05, unit)
        : memgrid.linear(Math.min(0, span[2]), span[3] > 0 ? span[3] * 1.05 : span[3], unit, few);
      const svg = this.prepare();
      svg.append(this.scales(view), this.curves(Boolean(view.range)), ...this.marks(view), ...this.limits());
      this.cursor = node("g", { class: "cursor", "aria-hidden": "true" });
      svg.append(this.cursor);
      svg.setAttribute("aria-valuemin", this.x.low);
      svg.setAttribute("aria-valuemax", this.x.high);
      this.point(null);
    }

    // As many ticks as have room for their labels beside each other.
    across() {
      const LABEL = 72;
      return Math.max(2, Math.min(8, Math.floor(this.picture.getBoundingClientRect().width / LABEL)));
    }

    prepare() {
      const svg = this.picture;
      this.unlink();
      if (!this.readout) this.host.append(this.readout = node("p", { class: "readout" }));
      svg.replaceChildren(node("title", {}, this.title));
      // A sketch has none of the margins that hold labels.
      for (const name of ["viewBox", "preserveAspectRatio", "aria-hidden"]) svg.removeAttribute(name);
      svg.setAttribute("role", "slider");
      svg.setAttribute("tabindex", "0");
      svg.setAttribute("aria-label", this.title);
      svg.setAttribute("aria-orientation", "horizontal");
      return svg;
    }

    // A chart that has nothing to show is a picture, and an empty one.
    clear() {
      this.prepare().setAttribute("role", "img");
      for (const name of ["tabindex", "aria-orientation"]) this.picture.removeAttribute(name);
      this.x = null;
    }

    // A link can't hold a slider: the chart itself opens what the link opened.
    unlink() {
      if (!this.link) return;
      const focused = this.link === document.activeElement;
      const box = node("div", { class: "plot", "data-name": this.link.getAttribute("aria-label") });
      box.append(...this.link.childNodes);
      this.link.replaceWith(box);
      this.link = null;
      if (focused) {
        this.picture.setAttribute("tabindex", "0");
        this.picture.focus({ preventScroll: true });
      }
    }

    scales(view) {
      const group = node("g", { class: "scale", "aria-hidden": "true" });
      for (const tick of this.y.ticks) {
        const at = percent(1 - this.y.place(tick.value));
        group.append(
          node("line", { class: tick.value === this.y.low ? "base" : "rule", x1: 0, x2: "100%", y1: at, y2: at }),
          node("text", { class: "y", x: 0, y: at, dx: -6, dy: ".33em" }, tick.label, this.unit(" " + this.y.unit)),
        );
      }
      const unit = view.x === "rows" ? "" : " " + this.x.unit;
      const labels = this.x.ticks.map((tick) => (tick.value === 0 ? "0" : tick.label + unit));
      // About what a label takes, and what there is from one tick to the next: in pixels.
      const wide = 6 + 6.5 * Math.max(...labels.map((label) => label.length));
      const [first, second] = this.x.ticks.map((tick) => this.x.place(tick.value));
      const room = (second - first) * (this.spec.small ? NARROW : this.picture.getBoundingClientRect().width);
      const every = second > first ? Math.ceil(wide / room) : 1;
      this.x.ticks.forEach((tick, index) => {
        const share = this.x.place(tick.value);
        // One at the end stands before its tick, not around it.
        const isLast = share > 0.94;
        if (index % every || (isLast && room * every < 1.5 * wide)) return;
        group.append(node("text", { class: isLast ? "x last" : "x", x: percent(share), y: "100%", dy: "1.35em" }, labels[index]));
      });
      return group;
    }

    unit(text) {
      const span = document.createElementNS("http://www.w3.org/2000/svg", "tspan");
      span.setAttribute("class", "unit");
      span.append(text);
      return span;
    }

    curves(clipped) {
      const inner = node("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true", class: clipped ? "clipped" : null });
      const place = (x, value) => `${Math.round(this.x.place(x) * WIDTH)} ${Math.round((1 - this.y.place(value)) * HEIGHT)}`;
      for (const { line, band, area, look } of this.lines) {
        if (band) {
          const there = band.map(([x, , high]) => place(x, high));
          const back = band.slice().reverse().map(([x, low]) => place(x, low));
          inner.append(node("path", { class: `band s${look}`, d: "M" + there.concat(back).join("L") + "Z" }));
        }
        if (area) {
          const [first, last] = [place(area[0][0], this.y.low), place(area[area.length - 1][0], this.y.low)];
          inner.append(node("path", { class: `area s${look}`, d: `M${first}L${area.map((point) => place(...point)).join("L")}L${last}Z` }));
        }
        inner.append(node("path", { class: `line s${look}`, d: "M" + line.map((point) => place(...point)).join("L") }));
      }
      return inner;
    }

    // Moments that the workload named, in the first attempt shown.
    marks(view) {
      if (this.spec.small || view.x === "rows" || this.cells.length > 1) return [];
      const marks = this.cells.flatMap((cell) => cell.attempts.length ? cell.attempts[0].marks : []);
      let end = -Infinity;
      return marks.map(([t, name]) => [t / 1000, name]).filter(([t]) => t >= this.x.low && t <= this.x.high).map(([t, name]) => {
        const share = this.x.place(t);
        const group = node("g", { class: "mark" }, node("line", { x1: percent(share), x2: percent(share), y1: 0, y2: "100%" }));
        const width = Math.min(name.length, 24) * 0.012;
        if (share > end) {
          end = share + width;
          const short = name.length > 24 ? name.slice(0, 23) + "…" : name;
          group.append(node("text", { class: share > 0.8 ? "end" : "start", x: percent(share), y: 0, dy: "-.5em" }, short));
        }
        return group;
      });
    }

    limits() {
      const limits = new Set(this.cells.map((cell) => cell.limit).filter((limit) => limit && limit <= this.y.high));
      return [...limits].map((limit) => {
        const at = percent(1 - this.y.place(limit));
        return node("g", { class: "limit" }, node("line", { x1: 0, x2: "100%", y1: at, y2: at }), node("text", { class: "end", x: "100%", y: at, dy: "-.4em" }, "limit " + memgrid.number(limit, "B")));
      });
    }

    // Where on the x axis the pointer is; null outside of the plot.
    under(event) {
      const box = this.picture.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      return share < 0 || share > 1 ? null : this.x.value(share);
    }

    // Shows the values at x, or takes them away.
    point(x) {
      if (!this.x) return;
      const shown = x !== null && x >= this.x.low && x <= this.x.high;
      const values = shown ? this.lines.map((line) => [line, memgrid.valueAt(line.line, x)]).filter(([, value]) => value !== null) : [];
      this.cursor.replaceChildren();
      if (shown) {
        const at = percent(this.x.place(x));
        this.cursor.append(node("line", { x1: at, x2: at, y1: 0, y2: "100%" }));
        for (const [line, value] of values) {
          this.cursor.append(node("circle", { class: `peak s${line.look}`, cx: at, cy: percent(1 - this.y.place(value)), r: 3 }));
        }
      }
      this.say(x, values);
    }

    say(x, values) {
      const where = memgrid.view.x === "rows" ? memgrid.number(x || 0, "rows") + " rows" : memgrid.number(x || 0, "s");
      const words = values.map(([line, value]) => `${line.name} ${memgrid.number(value, line.unit)}`);
      this.picture.setAttribute("aria-valuenow", x === null ? this.x.low : x);
      this.picture.setAttribute("aria-valuetext", words.length ? `${where}: ${words.join(", ")}` : where);
      const readout = this.readout;
      readout.replaceChildren();
      if (!values.length) return;
      readout.append(node("span", { class: "quiet" }, where), ...values.map(([line, value]) => node("span", {}, node("span", { class: `look s${line.look}` }, line.name), " " + memgrid.number(value, line.unit))));
    }
  };
})(window.memgrid);

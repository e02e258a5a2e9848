// The choices above the charts, the legends that switch curves, and pictures to keep.
(function (memgrid) {
  "use strict";

  const node = memgrid.element;
  const CHOICES = [
    ["x", "over", [["time", "time"], ["rows", "rows done"]]],
    ["y", "scale", [["linear", "linear"], ["log", "logarithmic"]]],
    ["from", "memory", [["zero", "absolute"], ["start", "above its start"]]],
  ];

  function select(key, label, options) {
    const field = node("select", {}, ...options.map(([value, text]) => node("option", { value }, text)));
    field.addEventListener("change", () => memgrid.choose({ [key]: field.value, range: key === "x" ? null : memgrid.view.range }));
    memgrid.onChange(() => { field.value = memgrid.view[key]; });
    field.value = memgrid.view[key];
    return node("label", {}, label + " ", field);
  }

  function button(text, action) {
    const made = node("button", { type: "button" }, text);
    made.addEventListener("click", action);
    return made;
  }

  for (const bar of document.querySelectorAll("[data-controls]")) {
    const metrics = JSON.parse(bar.dataset.controls);
    if (metrics.length > 1) bar.append(select("metric", "curve", metrics));
    bar.append(...CHOICES.map((choice) => select(...choice)));
    const whole = button("whole range", () => memgrid.choose({ range: null }));
    const show = () => { whole.hidden = !memgrid.view.range; };
    memgrid.onChange(show);
    show();
    bar.append(whole);
    bar.hidden = false;
  }

  // A large chart's legend: each entry switches its curve.
  memgrid.legend = function (plot) {
    const legend = plot.host.querySelector(".legend");
    if (!legend || plot.spec.small) return;
    const entries = plot.all.map(function (line) {
      const off = memgrid.view.off.includes(line.name);
      const swatch = node("svg", { class: "swatch", "aria-hidden": "true" }, node("line", { class: `line s${line.look}`, x1: 1, y1: 5, x2: 27, y2: 5 }));
      const entry = button("", () => memgrid.choose({ off: off ? memgrid.view.off.filter((name) => name !== line.name) : memgrid.view.off.concat(line.name) }));
      entry.setAttribute("aria-pressed", String(!off));
      entry.append(swatch, " " + line.name);
      return entry;
    });
    const had = document.activeElement && legend.contains(document.activeElement) ? [...legend.children].indexOf(document.activeElement) : -1;
    legend.replaceChildren(...entries, button("save SVG", () => memgrid.save(plot, "svg")), button("save PNG", () => memgrid.save(plot, "png")));
    if (had >= 0 && legend.children[had]) legend.children[had].focus();
  };
})(window.memgrid);

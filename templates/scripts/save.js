// A chart as a file that looks the same anywhere: SVG with its style written into it, or PNG.
(function (memgrid) {
  "use strict";

  const STYLES = ["fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "font-family", "font-size", "font-weight", "text-anchor", "paint-order", "vector-effect"];
  const [LEFT, TOP, RIGHT, BOTTOM] = [80, 40, 24, 40];

  function copyStyle(from, to) {
    const style = getComputedStyle(from);
    for (const name of STYLES) if (style.getPropertyValue(name)) to.setAttribute(name, style.getPropertyValue(name));
    [...from.children].forEach((child, index) => copyStyle(child, to.children[index]));
  }

  function standalone(plot) {
    const box = plot.picture.getBoundingClientRect();
    const [width, height] = [box.width + LEFT + RIGHT, box.height + TOP + BOTTOM];
    const copy = plot.picture.cloneNode(true);
    copyStyle(plot.picture, copy);
    copy.querySelectorAll(".cursor").forEach((cursor) => cursor.remove());
    for (const name of ["class", "role", "tabindex"]) copy.removeAttribute(name);
    for (const [name, value] of Object.entries({ x: LEFT, y: TOP, width: box.width, height: box.height, overflow: "visible" })) copy.setAttribute(name, value);
    const paper = getComputedStyle(document.documentElement).getPropertyValue("--card").trim() || "#fff";
    const whole = memgrid.element("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` }, memgrid.element("rect", { width, height, fill: paper }), copy);
    return { width, height, url: "data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(whole)) };
  }

  function download(url, name) {
    const link = memgrid.element("a", { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
  }

  memgrid.save = function (plot, kind) {
    const picture = standalone(plot);
    const name = (plot.spec.cells.join(" ") || "chart") + "." + kind;
    if (kind === "svg") {
      download(picture.url, name);
      return;
    }
    const image = new Image();
    image.onload = function () {
      const canvas = memgrid.element("canvas", { width: picture.width * 2, height: picture.height * 2 });
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      download(canvas.toDataURL("image/png"), name);
    };
    image.src = picture.url;
  };
})(window.memgrid);

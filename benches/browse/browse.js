// What the benchmark asks of a page. Installed before the page's own scripts.
window.browse = (function () {
  "use strict";

  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const settled = async () => { await frame(); await new Promise((resolve) => setTimeout(resolve)); };
  const chart = () => document.querySelector("[data-plot] svg.chart, svg.chart");

  // Since the navigation began: when all of the page was read and its scripts had run, and when
  // that had been drawn and nothing stood before an event.
  const opened = new Promise(function (resolve) {
    addEventListener("DOMContentLoaded", async function () {
      const parsed = performance.now();
      await settled();
      resolve({ parsed, answers: performance.now() });
    });
  });

  async function took(action, done) {
    await opened;
    await new Promise((resolve) => setTimeout(resolve, 300));
    const began = performance.now();
    action();
    while (!done()) await frame();
    await settled();
    return { ms: performance.now() - began };
  }

  function move(share) {
    const picture = chart();
    const box = picture.getBoundingClientRect();
    const place = { clientX: box.x + box.width * share, clientY: box.y + box.height / 2, bubbles: true };
    for (const kind of ["pointerover", "pointermove"]) picture.dispatchEvent(new PointerEvent(kind, place));
    picture.dispatchEvent(new PointerEvent("pointerenter", place));
  }

  async function crosshair() {
    chart().scrollIntoView({ block: "center" });
    let share = 0.4;
    const said = () => { const readout = document.querySelector(".readout"); return readout && readout.childNodes.length; };
    return took(() => move(share), function () { if (said()) return true; move(share += 0.001); return false; });
  }

  async function next() {
    await crosshair();
    const before = document.querySelector(".readout").textContent;
    return took(() => move(0.8), () => document.querySelector(".readout").textContent !== before);
  }

  function filter() {
    const field = document.querySelector("[data-filter] input");
    return took(function () { field.value = "unpatched"; field.dispatchEvent(new Event("input")); }, () => true);
  }

  function sort() {
    return took(() => document.querySelector("#all-cells .sort").click(), () => true);
  }

  // To the page's end, as the key of that name does: what comes into sight there is laid out in the
  // frames after that.
  function end() {
    let frames = 0;
    return took(() => scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" }), () => (frames += 1) > 2);
  }

  // As many frames are enough.
  const FRAMES = 600;

  // Down the page at 3,600 pixels a second; how long each frame was shown, while the grid was in sight
  // and after that.
  async function scroll() {
    await opened;
    await new Promise((resolve) => setTimeout(resolve, 500));
    const grid = document.querySelector("section.grid");
    const frames = { grid: [], below: [] };
    let before = await frame();
    const end = () => scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
    while (!end() && frames.grid.length + frames.below.length < FRAMES) {
      const part = grid.getBoundingClientRect().bottom > innerHeight ? "grid" : "below";
      scrollBy({ top: 60, behavior: "instant" });
      const now = await frame();
      frames[part].push(now - before);
      before = now;
    }
    return frames;
  }

  async function scrollAwake() {
    await crosshair();
    scrollTo(0, 0);
    return scroll();
  }

  return { opened: () => opened, crosshair, next, filter, sort, end, scroll, scrollAwake };
})();

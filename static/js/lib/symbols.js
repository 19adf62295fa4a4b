/* Map symbols as SVG elements: the drawings of templates/components/pin.html. Colours are tokens, so that a change of
   theme needs no redraw. */

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  road: ["M0-13.5 13.5 0 0 13.5-13.5 0Z", 18, 0],
  drain: ["M-11 0a11 11 0 1 1 22 0 11 11 0 0 1-22 0Z", 15, 0],
  water: ["M0-15c6 7 11 11 11 16.5a11 11 0 0 1-22 0C-11-4-6-8 0-15Z", 15, 2],
  cover: ["M-10-10h20v20h-20Z", 16, 0],
};
const DIGIT_PX = 8.6; // of a number in a bubble
const RING = { 1: 1.1, 2: 2.1, 3: 3.6 };

export function draw(tag, attributes = {}, ...inside) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

export function icon(name) {
  return draw("svg", { class: "i", "aria-hidden": "true" }, use(name));
}

function use(name, attributes = {}) {
  return draw("use", { href: `${document.body.dataset.icons}#${name}`, ...attributes });
}

/** Service = shape + icon, severity = ring, state = fill (open, planned, done). */
export function pin({ shape, family, icon: name = "warning", severity = 2, state = "open", size = 44 }) {
  const kind = SHAPES[shape] ? shape : SHAPES[family] ? family : "drain";
  const [path, wide, down] = SHAPES[kind];
  const own = kind === "road" ? "amber" : "water";
  const hue = state === "done" ? "var(--green)" : `var(--${own})`;
  const ring = RING[severity] ?? RING[2];
  const svg = draw("svg", { class: "pin", width: size, height: size, viewBox: "-22 -22 44 44", "aria-hidden": "true" });
  svg.append(draw("path", { d: path, transform: "scale(1.4)", fill: "var(--paper)", stroke: hue, "stroke-width": ring }));
  if (state !== "done") {
    const fill = state === "planned" ? `var(--${own}-soft)` : hue;
    svg.append(draw("path", { d: path, transform: `scale(${ring > 3 ? 1.04 : 1.1})`, fill }));
  }
  svg.append(
    use(state === "done" ? "check" : name, {
      x: -wide / 2, y: -wide / 2 + down, width: wide, height: wide, fill: "none",
      stroke: state === "open" ? "var(--on)" : hue,
      "stroke-width": 2.3, "stroke-linecap": "round", "stroke-linejoin": "round",
    }),
  );
  return svg;
}

/** A cluster: area in proportion to the number, ring split red, amber, grey by severity; or into `parts`,
    [share, colour, width], with a `radius` and words of its own. */
export function bubble({ count, heavy = 0, medium = 0, light = 0, text = count, radius = Math.min(38, 14 + Math.sqrt(count) * 2.6), parts }) {
  const middle = radius - 4;
  const round = 2 * Math.PI * middle;
  const size = Math.ceil(radius * 2 + 2);
  const svg = draw("svg", { class: "pin", width: size, height: size, viewBox: `${-size / 2} ${-size / 2} ${size} ${size}`, "aria-hidden": "true" });
  svg.append(draw("circle", { r: radius, fill: "var(--paper)" }));
  parts ??= [[heavy, "var(--red)", 6], [medium, "var(--amber)", 5], [light || (heavy || medium ? 0 : count), "var(--border)", 4]];
  const total = parts.reduce((sum, [many]) => sum + many, 0);
  let at = 0;
  for (const [many, stroke, width] of parts) {
    if (!many) continue;
    const share = (round * many) / total;
    const gap = share < round ? 1.5 : 0;
    svg.append(draw("circle", {
      r: middle, fill: "none", stroke, "stroke-width": width, transform: "rotate(-90)",
      "stroke-dasharray": `${Math.max(0.5, share - gap)} ${round}`, "stroke-dashoffset": -at,
    }));
    at += share;
  }
  const tight = String(text).length * DIGIT_PX > 2 * (middle - 2);
  const number = draw("text", { "text-anchor": "middle", dy: tight ? 4 : 5, class: tight ? "count long" : "count" });
  number.textContent = text;
  svg.append(number);
  return svg;
}

/** A numbered stop, "A3", in the crew's hue. */
export function bead(letter, words, locked = false) {
  const element = document.createElement("span");
  element.className = `bead num t-${letter.toLowerCase()}${locked ? " locked" : ""}`;
  element.textContent = words;
  return element;
}

export function depot() {
  const element = document.createElement("span");
  element.className = "depot";
  element.append(icon("depot"));
  return element;
}

/** The report form's own pin, its tip at the place. */
export function marker() {
  return draw("svg", { class: "own-pin", width: 44, height: 54, viewBox: "-22 -48 44 54", "aria-hidden": "true" },
    draw("ellipse", { rx: 8, ry: 3, fill: "var(--ink)", opacity: 0.45 }),
    draw("path", { d: "M0-1C-13-15-17-21-17-29a17 17 0 0 1 34 0C17-21 13-15 0-1Z", fill: "var(--teal)", stroke: "var(--paper)", "stroke-width": 2.5 }),
    draw("circle", { cy: -29, r: 6, fill: "var(--paper)" }));
}

"use strict";
// The plots of a cell, drawn from its row's curves when it is opened. Everything is written as text or number.
const plots = (() => {
  const SERIES = 6; // lines in one plot
  const CEILING = 1e30, FLOOR = 1e-4; // what lies beyond is drawn there
  const FAR = 30; // times as far from the minimiser as the start is: there the window ends
  const LEVELS = 9;
  const WIDTH = 420, HEIGHT = 270, LEFT = 50, RIGHT = 10, TOP = 12, BOTTOM = 34;
  const DASHES = ["", "6 2", "2 1.5", "7 2 1.5 2", "4 1 1 1 1 1", "1 1"];
  let clips = 0;

  function svg(name, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== "") node.setAttribute(key, value);
    node.append(...children);
    return node;
  }
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const short = (value, digits = 2) => {
    const size = Math.abs(value);
    return size !== 0 && (size >= 1e5 || size < 1e-3) ? value.toExponential(digits - 1).replace("e+", "e") : String(Number(value.toPrecision(digits)));
  };
  function decade(exponent) {
    if (Math.abs(exponent) <= 3) return String(Number((10 ** exponent).toPrecision(1)));
    return "10" + String(exponent).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
  }

  // An axis: where a value stands, and the ticks with their texts.
  function axis(low, high, from, to, logarithmic) {
    const map = logarithmic ? Math.log10 : (value) => value;
    const [a, b] = [map(low), map(high)];
    const at = (value) => clamp(from + ((map(value) - a) / (b - a || 1)) * (to - from), -1e4, 1e4);
    const raw = (b - a) / 5;
    const unit = 10 ** Math.floor(Math.log10(raw || 1));
    let step = [1, 2, 5, 10].map((k) => k * unit).find((k) => k >= raw) || unit;
    if (logarithmic) step = Math.max(1, Math.ceil(raw));
    const ticks = [];
    for (let k = Math.ceil(a / step - 1e-9); k * step <= b + 1e-9 * step && ticks.length < 12; k++) {
      ticks.push(logarithmic ? [10 ** (k * step), decade(k * step)] : [k * step, short(Number((k * step).toPrecision(12)), 5)]);
    }
    return { at, ticks };
  }

  // A figure: a frame with its axes; `paint(x, y)` gives what is drawn inside, `keys` the names of the lines.
  function figure(title, sentence, horizontal, vertical, names, keys, paint) {
    const x = axis(...horizontal.slice(0, 2), LEFT, WIDTH - RIGHT, horizontal[2]);
    const y = axis(...vertical.slice(0, 2), HEIGHT - BOTTOM, TOP, vertical[2]);
    const clip = `clip-${++clips}`;
    const box = { x: LEFT, y: TOP, width: WIDTH - RIGHT - LEFT, height: HEIGHT - BOTTOM - TOP };
    const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
      svg("clipPath", { id: clip }, svg("rect", box)),
      ...x.ticks.map(([value, label]) => svg("g", {},
        svg("line", { class: "grid", x1: x.at(value), x2: x.at(value), y1: TOP, y2: HEIGHT - BOTTOM }),
        svg("text", { x: x.at(value), y: HEIGHT - BOTTOM + 13, "text-anchor": "middle" }, label))),
      ...y.ticks.map(([value, label]) => svg("g", {},
        svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y.at(value), y2: y.at(value) }),
        svg("text", { x: LEFT - 5, y: y.at(value) + 3.5, "text-anchor": "end" }, label))),
      svg("g", { "clip-path": `url(#${clip})` }, ...paint(x, y)),
      svg("text", { x: WIDTH - RIGHT, y: HEIGHT - 3, "text-anchor": "end" }, names[0]),
      svg("text", { x: 2, y: TOP + 2, class: "y-name" }, names[1] || ""));
    const caption = document.createElement("figcaption");
    const heading = document.createElement("b");
    heading.textContent = title;
    caption.append(heading, ...keys.map(([className, label]) => {
      const key = document.createElement("span");
      key.className = "key";
      key.append(swatch(className), label);
      return key;
    }));
    const node = document.createElement("figure");
    node.setAttribute("role", "img");
    node.setAttribute("aria-label", sentence);
    node.append(caption, drawing);
    return node;
  }
  function swatch(className) {
    const place = /^s(\d)$/.exec(className);
    return svg("svg", { viewBox: "0 0 22 10", width: 22, height: 10, class: "swatch", "aria-hidden": "true" },
      className.startsWith("mark-") ? mark(className, 11, 5) : svg("line", { class: `line ${className}`, x1: 0, x2: 22, y1: 5, y2: 5, "stroke-dasharray": place ? DASHES[place[1] - 1] : "" }));
  }
  function mark(className, x, y) {
    const shapes = { "mark-exact": "M0-4.5 4.5 0 0 4.5-4.5 0Z", "mark-end": "M-3.5-3.5 3.5 3.5M-3.5 3.5 3.5-3.5", "mark-best": "M0-4.5V4.5M-4-2.2 4 2.2M-4 2.2 4-2.2" };
    return svg("path", { class: className, d: shapes[className], transform: `translate(${x} ${y})` });
  }
  function line(points, className, place = null) {
    let path = "", pen = "M";
    for (const [x, y] of points) {
      if (x === null || y === null || Number.isNaN(x) || Number.isNaN(y)) { pen = "M"; continue; }
      path += `${pen}${x.toFixed(1)} ${y.toFixed(1)}`;
      pen = "L";
    }
    return svg("path", { class: `line ${className}`, d: path, "stroke-dasharray": place === null ? "" : DASHES[place] });
  }

  // ---- the loss as a landscape: L* + ½ (V - V*)ᵀ H (V - V*), exact descent V* + (I - lr H)^k (V_0 - V*)
  function landscape(curves) {
    const [p, q, r] = curves.hessian, best = curves.minimiser;
    const half = (p + r) / 2, spread = Math.hypot((p - r) / 2, q), angle = 0.5 * Math.atan2(2 * q, p - r);
    const values = [half + spread, half - spread];
    const vectors = [[Math.cos(angle), Math.sin(angle)], [-Math.sin(angle), Math.cos(angle)]];
    const start = [curves.w[0], curves.b[0]];
    const away = vectors.map(([c, s]) => c * (start[0] - best[0]) + s * (start[1] - best[1]));
    const height = (w, b) => 0.5 * (p * (w - best[0]) ** 2 + 2 * q * (w - best[0]) * (b - best[1]) + r * (b - best[1]) ** 2);
    const exact = (k) => {
      const parts = values.map((value, i) => (1 - curves.lr * value) ** k * away[i]);
      return [0, 1].map((i) => best[i] + parts[0] * vectors[0][i] + parts[1] * vectors[1][i]);
    };
    return { values, vectors, best, start, height, exact, loss: ([w, b]) => curves.minimum + height(w, b) };
  }
  const finite = (point) => point.every(Number.isFinite);

  function ratios(lines, quantity) {
    const drawn = lines.map(([label, row], place) => [label, place, row.curves.steps,
      (row.curves[quantity] || []).map((v) => (v === null ? CEILING : clamp(v, FLOOR, CEILING)))]).filter(([, , , values]) => values.length);
    if (!drawn.length) return null;
    const all = drawn.flatMap(([, , , values]) => values);
    const top = Math.max(1, ...all) * 8, low = Math.max(Math.min(0.1, ...all) / 4, FLOOR / 2);
    const last = Math.max(...drawn.map(([, , steps, values]) => steps[values.length - 1]), 1);
    const sentence = `Error over bound of the ${quantity} at each step: ${drawn.map(([label, , , values]) => `${label} at most ${short(Math.max(...values))}`).join("; ")}.`;
    return figure(`${quantity}: error / bound`, sentence, [0, last], [low, top, true], ["step"],
      drawn.map(([label, place]) => [`s${place + 1}`, label]), (x, y) => [
        svg("rect", { class: "beyond", x: LEFT, y: TOP, width: WIDTH, height: Math.max(y.at(1) - TOP, 0) }),
        svg("line", { class: "bound", x1: LEFT, x2: WIDTH, y1: y.at(1), y2: y.at(1) }),
        svg("text", { class: "bad", x: WIDTH - RIGHT - 3, y: y.at(1) - 4, "text-anchor": "end" }, "bound: beyond it no correct run"),
        ...drawn.map(([, place, steps, values]) => line(values.map((v, k) => [x.at(steps[k]), y.at(v)]), `s${place + 1}`, place)),
      ]);
  }

  function path([label, row]) {
    const { curves } = row, land = landscape(curves);
    const recorded = [];
    for (let k = 0; k < curves.w.length && curves.w[k] !== null && curves.b[k] !== null; k++) recorded.push([curves.w[k], curves.b[k]]);
    const exact = curves.steps.map(land.exact).filter(finite);
    if (!recorded.length || !exact.length) return null;
    const reach = FAR * Math.max(...[0, 1].map((i) => Math.abs(land.start[i] - land.best[i])));
    const seen = [...exact.filter((point) => point.every((v, i) => Math.abs(v - land.best[i]) <= reach)), land.best, land.start];
    const [horizontal, vertical] = [0, 1].map((i) => {
      const low = Math.min(...seen.map((point) => point[i])), high = Math.max(...seen.map((point) => point[i]));
      const margin = 0.18 * Math.max(high - low, 1e-6 * Math.max(Math.abs(high), 1));
      return [low - margin, high + margin];
    });
    if (!finite([...horizontal, ...vertical])) return null;
    const top = Math.max(...horizontal.flatMap((w) => vertical.map((b) => land.height(w, b))));
    const levels = top > 0 && Number.isFinite(top) && Math.min(...land.values) > 0
      ? Array.from({ length: LEVELS }, (_, k) => top * 1e-4 * 7000 ** (k / (LEVELS - 1))) : [];
    const inside = recorded.every(([w, b]) => w >= horizontal[0] && w <= horizontal[1] && b >= vertical[0] && b <= vertical[1]);
    const end = recorded.at(-1), last = exact.at(-1);
    const told = [end, last, land.best].map((point) => `(${point.map((v) => short(v, 5)).join(", ")})`);
    const sentence = `The path of ${label} on the loss's contours: it ends at ${told[0]}, the exact one at ${told[1]}; the least-squares point is ${told[2]}.`;
    return figure(`path, ${row.problem}, ${label}`, sentence, horizontal, vertical, ["w", "b"],
      [["s1", "recorded path"], ["exact", "exact path"], ["mark-end", "its end"], ["mark-exact", "exact end"], ["mark-best", "least squares"]], (x, y) => {
        const at = ([w, b]) => [x.at(w), y.at(b)];
        const scale = [x.at(horizontal[1]) - x.at(horizontal[0]), y.at(vertical[1]) - y.at(vertical[0])]
          .map((pixels, i) => pixels / ([horizontal, vertical][i][1] - [horizontal, vertical][i][0]));
        // A contour of a quadratic is an ellipse: a circle, turned and stretched.
        const contours = levels.map((h) => {
          const matrix = land.vectors.flatMap((vector, i) => vector.map((c, k) => c * scale[k] * Math.sqrt((2 * h) / land.values[i])));
          return svg("circle", { class: "contour", r: 1, transform: `matrix(${[...matrix, ...at(land.best)].join(" ")})` });
        });
        return [...contours, line(exact.map(at), "exact"), line(recorded.map(at), inside ? "s1" : "s1 thin"),
          ...(inside ? recorded.map(at).map(([cx, cy]) => svg("circle", { class: "dot s1", cx: cx.toFixed(1), cy: cy.toFixed(1), r: 1.6 })) : []),
          mark("mark-best", ...at(land.best)), mark("mark-exact", ...at(last)), mark("mark-end", ...at(end)),
          ...(inside ? [] : [svg("text", { class: "bad", x: (LEFT + WIDTH) / 2, y: HEIGHT - BOTTOM - 6, "text-anchor": "middle" }, "the recorded path leaves the picture")])];
      });
  }

  function loss(lines) {
    const { curves, problem } = lines[0][1], land = landscape(curves);
    const positive = (v) => (v !== null && v > 0 && v <= CEILING ? v : NaN);
    const exact = curves.steps.map((k) => land.loss(land.exact(k))).map((v) => (v > 0 ? Math.min(v, CEILING) : NaN));
    const drawn = lines.map(([label, row], place) => [label, place, row.curves.steps, (row.curves.loss || []).map(positive)])
      .filter(([, , , values]) => values.some(Number.isFinite));
    if (!drawn.length || !exact.some(Number.isFinite)) return null;
    const all = [...exact, ...drawn.flatMap(([, , , values]) => values)].filter(Number.isFinite);
    const last = Math.max(...drawn.map(([, , steps]) => steps.at(-1)), 1);
    const sentence = `Loss over steps; the last ones: exact ${short(exact.at(-1), 4)}, ${drawn.map(([label, , , values]) => `${label} ${short(values.at(-1), 4)}`).join(", ")}.`;
    return figure(`loss, ${problem}`, sentence, [0, last], [Math.min(...all) / 1.5, Math.max(...all) * 1.5, true], ["step"],
      [["exact", "exact"], ...drawn.map(([label, place]) => [`s${place + 1}`, label])], (x, y) => [
        line(exact.map((v, k) => [x.at(curves.steps[k]), y.at(v)]), "exact"),
        ...drawn.map(([, place, steps, values]) => line(values.map((v, k) => [x.at(steps[k]), y.at(v)]), `s${place + 1}`, place)),
      ]);
  }

  function bits(sizes) {
    const lines = new Map();
    for (const [label, row] of sizes) {
      if (!lines.has(label)) lines.set(label, new Map());
      const least = lines.get(label);
      least.set(row.rows, Math.min(least.get(row.rows) ?? Infinity, row.right_bits));
    }
    const counts = sizes.map(([, row]) => row.rows);
    if (!counts.length || Math.max(...counts) < 2 * Math.min(...counts)) return null;
    const drawn = [...lines].slice(0, SERIES).map(([label, least], place) => [label, place, [...least].sort((a, b) => a[0] - b[0])]);
    const sentence = `Right bits of the gradient: ${drawn.map(([label, , points]) => `${label}: ${points.map(([n, v]) => `${v.toFixed(0)} at N = ${n}`).join(", ")}`).join("; ")}.`;
    const top = Math.max(1, ...drawn.flatMap(([, , points]) => points.map(([, v]) => v)));
    return figure("right bits of the gradient, by N", sentence, [Math.min(...counts) / 1.3, Math.max(...counts) * 1.3, true], [0, top * 1.08], ["rows N"],
      drawn.map(([label, place]) => [`s${place + 1}`, label]), (x, y) => drawn.flatMap(([, place, points]) => [
        line(points.map(([n, v]) => [x.at(n), y.at(v)]), `s${place + 1}`, place),
        ...points.map(([n, v]) => svg("circle", { class: `dot s${place + 1}`, cx: x.at(n), cy: y.at(v), r: 2.6 })),
      ]));
  }

  // The plots of an implementation on one problem: `lines` are [label, row] with curves, the chosen one first, `sizes`
  // all rows that know their N and their right bits.
  return (lines, sizes) => {
    const chosen = lines.slice(0, SERIES);
    const curved = chosen.length ? [ratios(chosen, "gradient"), ratios(chosen, "update"), path(chosen[0]), loss(chosen)] : [];
    return [...curved, bits(sizes)].filter((plot) => plot !== null);
  };
})();

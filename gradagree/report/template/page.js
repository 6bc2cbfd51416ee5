"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { texts, columns, runs, verdicts } = data;
  const size = columns.run.length;
  const several = runs.length > 1;
  const PAGE = 60; // rows of a list at a time
  const TALLEST = 1000; // implementations of the matrix at a time
  const WORST_OF = ["gradient", "update", "final"];
  const byId = (id) => document.getElementById(id);

  // Everything a file says is written as text: nothing here ever reads it as markup.
  function element(name, attributes, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value !== null && value !== false) node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child !== null && child !== ""));
    return node;
  }
  const text = (name, i) => texts[columns[name][i]];
  const cssName = (v) => verdicts[v].name.replace(" ", "-");
  const number = (value) => (typeof value === "string" ? Number(value.replace("inf", "Infinity")) : value);

  function shown(value, digits = 2) {
    value = number(value);
    if (value === null) return "";
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : "∞";
    if (value === 0) return "0";
    if (Math.abs(value) >= 1e4 || Math.abs(value) < 1e-3) return value.toExponential(digits - 1).replace("e+", "e");
    const short = Number(value.toPrecision(digits));
    return String(value < 1 && short === 1 ? value : short); // 0.999 is inside its bound, and 1 would not say so
  }
  function worst(i) {
    let found = null;
    for (const name of WORST_OF) {
      let value = number(columns[name][i]);
      if (value === null) continue;
      if (Number.isNaN(value)) value = Infinity;
      // A bound that is wider than its signal says nothing, as long as it holds.
      if (columns.blind[i] & (1 << WORST_OF.indexOf(name)) && value <= 1) continue;
      if (found === null || value > found) found = value;
    }
    return found;
  }

  // ---- what is chosen
  const hiddenVerdicts = new Set();
  const chosen = {};
  let needle = "";
  const haystacks = new Array(size);
  function haystack(i) {
    haystacks[i] ??= ["implementation", "framework", "version", "device", "dtype", "problem", "why"]
      .map((name) => text(name, i)).join(" ").concat(" ", verdicts[columns.verdict[i]].name).toLowerCase();
    return haystacks[i];
  }
  function fits(i, withVerdict = true) {
    if (withVerdict && hiddenVerdicts.has(columns.verdict[i])) return false;
    for (const name in chosen) if (chosen[name] !== null && columns[name][i] !== chosen[name]) return false;
    return needle === "" || needle.split(/\s+/).every((word) => haystack(i).includes(word));
  }

  // ---- the controls
  const buttons = verdicts.map((verdict, v) => {
    const count = element("span", { class: "n" });
    const button = element("button", {
      type: "button", class: `chip ${cssName(v)}`, "aria-pressed": "true", "data-verdict": verdict.name,
      onclick: () => {
        if (hiddenVerdicts.has(v)) hiddenVerdicts.delete(v); else hiddenVerdicts.add(v);
        button.setAttribute("aria-pressed", String(!hiddenVerdicts.has(v)));
        update();
      },
    }, element("span", { class: "glyph", "aria-hidden": "true" }, verdict.glyph), count, verdict.name);
    byId("verdicts").append(button);
    return { button, count };
  });
  const rankOfDtype = (name) => (data.dtypes.indexOf(name) + data.dtypes.length + 1) % (data.dtypes.length + 1);
  const rankOfDevice = (name) => (name === "cpu" ? "" : name);
  function distinct(name) {
    const places = [...new Set(columns[name])];
    const label = (place) => (name === "run" ? runs[place] : texts[place]);
    if (name === "dtype") places.sort((a, b) => rankOfDtype(label(a)) - rankOfDtype(label(b)));
    else if (name === "device") places.sort((a, b) => (rankOfDevice(label(a)) < rankOfDevice(label(b)) ? -1 : 1));
    else if (name !== "run") places.sort((a, b) => (label(a) < label(b) ? -1 : 1));
    return places.map((place) => [place, label(place)]);
  }
  for (const name of ["framework", "device", "dtype", "problem", "run"]) {
    const options = distinct(name);
    chosen[name] = null;
    if (options.length < 2) continue;
    const select = element("select", {
      id: `choose-${name}`,
      onchange: () => { chosen[name] = select.value === "" ? null : Number(select.value); update(); },
    }, element("option", { value: "" }, "all"), ...options.map(([place, label]) => element("option", { value: place }, label)));
    byId("selects").append(element("label", {}, element("span", {}, name), select));
  }
  let waiting = 0;
  byId("find").addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { needle = event.target.value.trim().toLowerCase(); update(); }, 120);
  });
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());

  // ---- the matrix
  const implementations = data.implementations;
  const partOf = new Map(implementations.map((place, k) => [place, k]));
  const SEPARATOR = "|";
  const grids = new Map(); // a button of the matrix → its rows
  let rowsOf = [];         // of each implementation: the rows that fit

  function update() {
    const counts = new Array(verdicts.length).fill(0);
    rowsOf = implementations.map(() => []);
    let fitting = 0;
    for (let i = 0; i < size; i++) {
      if (!fits(i, false)) continue;
      counts[columns.verdict[i]]++;
      if (hiddenVerdicts.has(columns.verdict[i])) continue;
      rowsOf[partOf.get(columns.implementation[i])].push(i);
      fitting++;
    }
    buttons.forEach(({ button, count }, v) => {
      count.textContent = counts[v].toLocaleString("en");
      button.hidden = counts[v] === 0 && !hiddenVerdicts.has(v) && !columns.verdict.includes(v);
    });
    byId("count").textContent = fitting === size ? `${size.toLocaleString("en")} cells` : `${fitting.toLocaleString("en")} of ${size.toLocaleString("en")} cells`;
    hideCard();
    draw();
    const names = new Set(implementations.filter((_, k) => rowsOf[k].length).map((place) => texts[place]));
    document.querySelectorAll(".problems li").forEach((item) => { item.hidden = !names.has(item.dataset.implementation); });
    document.querySelectorAll(".part").forEach((part) => {
      part.hidden = rowsOf[part.dataset.place].length === 0;
      if (part.open) list(part);
    });
  }

  // Of very many implementations not each has a part.
  function partLink(k, label) {
    const part = byId(`part-${k}`);
    return part ? element("a", { href: `#part-${k}`, onclick: () => { part.open = true; hideCard(); } }, label) : label;
  }
  function draw() {
    grids.clear();
    const used = new Set();
    const cells = rowsOf.map((rows) => {
      const found = new Map();
      for (const i of rows) {
        const key = columns.device[i] + SEPARATOR + columns.dtype[i];
        used.add(key);
        if (!found.has(key)) found.set(key, new Map());
        const perRun = found.get(key);
        if (!perRun.has(columns.run[i])) perRun.set(columns.run[i], []);
        perRun.get(columns.run[i]).push(i);
      }
      return found;
    });
    const devices = distinct("device").map(([place, label]) => ({
      label, dtypes: distinct("dtype").filter(([dtype]) => used.has(place + SEPARATOR + dtype))
        .map(([dtype, name]) => ({ key: place + SEPARATOR + dtype, name })),
    })).filter((device) => device.dtypes.length);
    if (!devices.length) {
      byId("grid").replaceChildren(element("p", { class: "muted", style: "padding: .4rem .8rem" }, "No cell fits these filters."));
      return;
    }
    const head = element("thead", {},
      element("tr", {}, element("th", { class: "corner", rowspan: 2, scope: "col" }, "implementation"),
        ...devices.map((d) => element("th", { colspan: d.dtypes.length, class: "device", scope: "colgroup" }, d.label))),
      element("tr", {}, ...devices.flatMap((d) => d.dtypes.map((t, k) => element("th", { scope: "col", class: k ? null : "device" }, t.name)))));
    const body = element("tbody");
    const width = 1 + devices.reduce((sum, device) => sum + device.dtypes.length, 0);
    let framework = null, drawn = 0;
    implementations.forEach((place, k) => {
      if (!rowsOf[k].length || ++drawn > TALLEST) return;
      const own = text("framework", rowsOf[k][0]);
      if (own !== framework) {
        framework = own;
        body.append(element("tr", { class: "group" }, element("th", { colspan: width, scope: "rowgroup" }, own)));
      }
      body.append(element("tr", {},
        element("th", { scope: "row" }, partLink(k, texts[place])),
        ...devices.flatMap((device) => device.dtypes.map((dtype, t) =>
          element("td", { class: t ? null : "device" }, cells[k].has(dtype.key) ? chips(cells[k].get(dtype.key)) : "")))));
    });
    if (drawn > TALLEST) {
      const left = (drawn - TALLEST).toLocaleString("en");
      body.append(element("tr", { class: "group" }, element("th", { colspan: width }, `${left} more implementations: the filters find them`)));
    }
    byId("grid").replaceChildren(element("table", { class: "matrix" }, head, body));
  }

  function chips(perRun) {
    return element("div", { class: "cells" }, ...[...perRun.entries()].sort((a, b) => a[0] - b[0]).map(([run, rows]) => {
      const verdict = columns.verdict[rows.reduce((a, b) => (columns.rank[b] < columns.rank[a] ? b : a))];
      const same = rows.filter((i) => columns.verdict[i] === verdict).length;
      let value = null;
      for (const i of rows) { const w = worst(i); if (w !== null && (value === null || w > value)) value = w; }
      const label = value === null ? "" : shown(value);
      const part = same < rows.length ? `${same} of ${rows.length}` : "";
      const chip = element("button", {
        type: "button", class: `cell ${cssName(verdict)}`,
        "aria-label": `${verdicts[verdict].name}${part && ` (${part})`}, error/bound ${label || "none"}${several ? `, run ${runs[run]}` : ""}`,
      }, element("span", { class: "glyph", "aria-hidden": "true" }, verdicts[verdict].glyph, several ? element("sup", {}, String(run + 1)) : ""),
        part && element("span", {}, part), element("span", { class: "number" }, label));
      grids.set(chip, rows);
      return chip;
    }));
  }

  // ---- the card: shown on hover and focus, kept on a tap
  const card = byId("card");
  let pinned = null;
  function showCard(chip) {
    const rows = [...grids.get(chip)].sort((a, b) => columns.rank[a] - columns.rank[b] || worst(b) - worst(a));
    const i = rows[0];
    const title = [text("implementation", i), text("device", i), text("dtype", i)].join(" · ");
    const version = text("version", i);
    card.replaceChildren(
      element("h3", {}, title),
      element("p", { class: "muted" }, `${text("framework", i)} ${version}${several ? `, run ${runs[columns.run[i]]}` : ""}`),
      table(rows.slice(0, 8), false), rows.length > 8 ? element("p", { class: "muted" }, `… and ${rows.length - 8} more problems`) : "",
      text("why", i) ? element("p", { class: "why" }, text("why", i)) : "",
      element("p", { class: "muted" }, repetition(rows)),
      byId(`part-${partOf.get(columns.implementation[i])}`)
        ? element("p", {}, partLink(partOf.get(columns.implementation[i]), "its plots and all its cells")) : "");
    card.hidden = false;
    if (window.matchMedia("(max-width: 640px)").matches) { card.style.left = card.style.top = ""; return; }
    const box = chip.getBoundingClientRect();
    const left = Math.min(box.left, document.documentElement.clientWidth - card.offsetWidth - 16);
    const below = box.bottom + card.offsetHeight + 8 < window.innerHeight || box.top < card.offsetHeight + 8;
    card.style.left = `${Math.max(left, 8) + window.scrollX}px`;
    card.style.top = `${(below ? box.bottom + 5 : box.top - card.offsetHeight - 5) + window.scrollY}px`;
  }
  const REPEATED = ["other bits", "same bits"];
  function repetition(rows) {
    const again = rows.filter((i) => columns.repeated[i] !== null);
    const other = again.filter((i) => !columns.repeated[i]).map((i) => text("problem", i));
    if (!again.length) return "not run twice";
    if (!other.length) return "run twice, with the same bits";
    return `run twice, with other bits the second time: ${other.slice(0, 8).join(", ")}${other.length > 8 ? ` and ${other.length - 8} more` : ""}`;
  }
  function hideCard() {
    if (pinned) pinned.classList.remove("pinned");
    pinned = null;
    card.hidden = true;
  }
  const grid = byId("grid");
  const chipOf = (event) => (event.target instanceof Element ? event.target.closest(".cell") : null);
  grid.addEventListener("pointerover", (event) => { const chip = chipOf(event); if (chip && !pinned && event.pointerType === "mouse") showCard(chip); });
  grid.addEventListener("pointerout", (event) => { if (!pinned && event.pointerType === "mouse" && !card.contains(event.relatedTarget)) card.hidden = true; });
  card.addEventListener("pointerleave", () => { if (!pinned) card.hidden = true; });
  grid.addEventListener("focusin", (event) => { const chip = chipOf(event); if (chip && !pinned && chip.matches(":focus-visible")) showCard(chip); });
  document.addEventListener("click", (event) => {
    const chip = chipOf(event);
    if (chip && grids.has(chip)) {
      const again = pinned === chip;
      hideCard();
      if (!again) { showCard(chip); pinned = chip; chip.classList.add("pinned"); }
    } else if (!card.contains(event.target)) hideCard();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideCard(); });

  // ---- lists of rows
  function table(rows, full) {
    const figures = full ? ["gradient", "update", "loss", "final", "resolution", "right_bits", "seconds"] : ["gradient", "update", "final", "resolution"];
    const titles = { final: "end", right_bits: "right bits" };
    const head = [...(full ? ["device", "dtype"] : []), "problem", ...(full && several ? ["run"] : []), "verdict", ...(full ? ["again"] : [])];
    const body = element("tbody");
    for (const i of rows) {
      const v = columns.verdict[i];
      const why = full ? text("why", i) : "";
      body.append(element("tr", { class: why ? "told" : null },
        ...(full ? [element("td", {}, text("device", i)), element("td", {}, text("dtype", i))] : []),
        element("td", {}, text("problem", i)),
        ...(full && several ? [element("td", {}, runs[columns.run[i]])] : []),
        element("td", {}, element("span", { class: `chip ${cssName(v)}` }, element("span", { class: "glyph", "aria-hidden": "true" }, verdicts[v].glyph), element("span", { class: "word" }, verdicts[v].name))),
        ...(full ? [element("td", {}, REPEATED[columns.repeated[i]] ?? "")] : []),
        ...figures.map((name) => {
          const value = number(columns[name][i]);
          const place = WORST_OF.indexOf(name);
          const blind = place >= 0 && columns.blind[i] & (1 << place) && value <= 1;
          const over = ["gradient", "update", "loss", "final"].includes(name) && value !== null && !(value <= 1);
          return element("td", { class: over ? "number over" : "number" }, blind ? "blind" : shown(value, name === "right_bits" ? 3 : 2));
        })));
      if (why) body.append(element("tr", { class: "reason" }, element("td", { class: "why", colspan: head.length + figures.length }, why)));
    }
    return element("table", { class: "list" },
      element("thead", {}, element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name)), ...figures.map((name) => element("th", { class: "number", scope: "col" }, titles[name] || name)))),
      body);
  }
  function list(part, pages = 1) {
    const rows = [...rowsOf[part.dataset.place]].sort((a, b) => columns.rank[a] - columns.rank[b] || a - b);
    const target = part.querySelector(".rows");
    const shownRows = rows.slice(0, pages * PAGE);
    target.replaceChildren(table(shownRows, true));
    if (shownRows.length < rows.length) {
      target.append(element("button", { type: "button", class: "more", onclick: () => list(part, pages + 1) }, `show ${Math.min(PAGE, rows.length - shownRows.length)} of ${(rows.length - shownRows.length).toLocaleString("en")} more`));
    }
  }
  document.querySelectorAll(".part").forEach((part) => part.addEventListener("toggle", () => { if (part.open) list(part); }));
  function openTarget() {
    const part = location.hash.startsWith("#part-") ? byId(location.hash.slice(1)) : null;
    if (part) { part.open = true; part.scrollIntoView(); }
  }
  window.addEventListener("hashchange", openTarget);
  document.querySelectorAll(".problems a.chip").forEach((link) => link.addEventListener("click", () => { byId(link.getAttribute("href").slice(1)).open = true; }));

  update();
  openTarget();
})();

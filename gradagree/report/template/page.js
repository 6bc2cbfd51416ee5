(async () => {
  const packed = Uint8Array.from(atob(document.getElementById("data").textContent.trim()), (c) => c.charCodeAt(0));
  const data = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  const { rows, runs, verdicts, dtypes } = data;
  const several = runs.length > 1;
  const PAGE = 60; // rows of a list at a time
  const TALLEST = 1000; // implementations of the matrix at a time
  const byId = (id) => document.getElementById(id);
  const glyphs = new Map(verdicts.map(({ name, glyph }) => [name, glyph]));
  const byName = new Map(rows.map((row) => [row.name, row]));

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
  const cssName = (verdict) => verdict.replace(" ", "-");
  const glyph = (verdict, ...more) => element("span", { class: "glyph", "aria-hidden": "true" }, glyphs.get(verdict), ...more);
  const number = (value) => (typeof value === "string" ? Number(value.replace("inf", "Infinity")) : value);
  const counted = (count) => count.toLocaleString("en");

  function shown(value, digits = 2) {
    value = number(value);
    if (value === null) return "";
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : "∞";
    if (value === 0) return "0";
    if (Math.abs(value) >= 1e4 || Math.abs(value) < 1e-3) return value.toExponential(digits - 1).replace("e+", "e");
    const short = Number(value.toPrecision(digits));
    return String(value < 1 && short === 1 ? Math.min(Number(value.toPrecision(3)), 0.999) : short); // inside its bound, and 1 would not say so
  }
  // A bound that is wider than its signal says nothing, as long as it holds.
  const blind = (row, name) => row.blind.includes(name) && number(row[name]) <= 1;
  function worst(row) {
    let found = null;
    for (const name of ["gradient", "update", "final"]) {
      let value = number(row[name]);
      if (value === null || blind(row, name)) continue;
      if (Number.isNaN(value)) value = Infinity;
      if (found === null || value > found) found = value;
    }
    return found;
  }

  // ---- what is chosen: the page's address holds it
  const FIELDS = ["framework", "device", "dtype", "problem", "run"];
  const state = {};
  const label = (row, name) => (name === "run" ? runs[row.run] : row[name]);
  const GROUPS = [["all", () => true], ["unexpected", (row) => row.unexpected], ["known", (row) => row.known], ["blind", (row) => row.blind.length > 0]];
  const SHOW = new Map([...GROUPS, ...verdicts.map(({ name }) => [name, (row) => row.verdict === name])]);
  function readAddress() {
    const found = new URLSearchParams(location.hash.slice(1));
    for (const name of ["show", "find", "open", ...FIELDS]) state[name] = found.get(name) || "";
    if (!SHOW.has(state.show)) state.show = "all";
  }
  function writeAddress() {
    const found = new URLSearchParams(Object.entries(state).filter(([name, value]) => value && !(name === "show" && value === "all")));
    history.replaceState(null, "", `#${found}`);
  }
  function fits(row) {
    for (const name of FIELDS) if (state[name] && label(row, name) !== state[name]) return false;
    if (!state.find) return true;
    row.haystack ??= ["implementation", "framework", "version", "device", "dtype", "problem", "why", "verdict"].map((name) => row[name]).join(" ").toLowerCase();
    return state.find.toLowerCase().split(/\s+/).every((word) => row.haystack.includes(word));
  }

  // ---- the controls
  const buttons = [...SHOW.keys()].map((name) => {
    const count = element("span", { class: "n" });
    const button = element("button", {
      type: "button", class: `chip ${glyphs.has(name) ? cssName(name) : ""}`, "data-show": name,
      onclick: () => { state.show = state.show === name ? "all" : name; update(); },
    }, glyphs.has(name) ? glyph(name) : "", count, name);
    byId("show").append(button);
    return { name, button, count };
  });
  const ORDER = {
    dtype: (name) => String(100 + ((dtypes.indexOf(name) + dtypes.length + 1) % (dtypes.length + 1))),
    device: (name) => (name === "cpu" ? "" : name),
  };
  function distinct(name, among = rows) {
    const order = ORDER[name] || ((text) => text);
    const found = [...new Set(among.map((row) => label(row, name)))];
    return name === "run" ? found : found.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
  }
  const selects = [];
  for (const name of FIELDS) {
    const options = distinct(name);
    if (options.length < 2) continue;
    const select = element("select", { id: `choose-${name}`, onchange: () => { state[name] = select.value; update(); } },
      element("option", { value: "" }, "all"), ...options.map((option) => element("option", { value: option }, option)));
    selects.push([name, select]);
    byId("selects").append(element("label", {}, element("span", {}, name), select));
  }
  let waiting = 0;
  byId("find").addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { state.find = event.target.value.trim(); update(); }, 120);
  });
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());

  // ---- the matrix
  const grid = byId("grid");
  let detail = null; // what is open: its name, the rows of the cell, and the chosen one

  function update() {
    writeAddress();
    const counts = new Map([...SHOW.keys()].map((name) => [name, 0]));
    const fitting = [];
    for (const row of rows) {
      if (!fits(row)) continue;
      for (const [name, belongs] of SHOW) if (belongs(row)) counts.set(name, counts.get(name) + 1);
      if (SHOW.get(state.show)(row)) fitting.push(row);
    }
    for (const { name, button, count } of buttons) {
      count.textContent = counted(counts.get(name));
      button.setAttribute("aria-pressed", String(state.show === name));
      button.hidden = state.show !== name && !rows.some(SHOW.get(name));
    }
    for (const [name, select] of selects) select.value = state[name];
    if (document.activeElement !== byId("find")) byId("find").value = state.find;
    byId("count").textContent = fitting.length === rows.length ? `${counted(rows.length)} cells` : `${counted(fitting.length)} of ${counted(rows.length)} cells`;
    draw(fitting);
  }

  function draw(fitting) {
    // Columns of what was run; of what was not there is a list above.
    const run = fitting.filter((row) => row.verdict !== "NOT RUN");
    const columns = distinct("device", run.length ? run : fitting).map((device) => ({
      device, dtypes: distinct("dtype", (run.length ? run : fitting).filter((row) => row.device === device)),
    }));
    const keys = columns.flatMap(({ device, dtypes: names }) => names.map((dtype) => [device, dtype]));
    const lines = new Map();
    for (const row of fitting) {
      if (!lines.has(row.implementation)) lines.set(row.implementation, { rows: [], rank: Infinity });
      const found = lines.get(row.implementation);
      found.rows.push(row);
      if (row.unexpected) found.rank = Math.min(found.rank, row.rank);
    }
    const entries = [...lines].map(([name, found]) => ({ name, ...found, group: found.rank < Infinity ? "unexpected" : found.rows[0].framework }))
      .filter((entry) => entry.rows.some((row) => keys.some(([device, dtype]) => row.device === device && row.dtype === dtype)))
      .sort((a, b) => (a.rank !== b.rank ? a.rank - b.rank : a.group !== b.group ? (a.group < b.group ? -1 : 1) : a.name < b.name ? -1 : 1));
    if (!entries.length) {
      grid.replaceChildren(element("p", { class: "muted nothing" }, "No cell fits these filters."));
      return;
    }
    const head = element("thead", {},
      element("tr", {}, element("th", { class: "corner", rowspan: 2, scope: "col" }, "implementation"),
        ...columns.map((column) => element("th", { colspan: column.dtypes.length, class: "device", scope: "colgroup" }, column.device))),
      element("tr", {}, ...columns.flatMap((column) => column.dtypes.map((dtype, k) => element("th", { scope: "col", class: k ? null : "device" }, dtype)))));
    const body = element("tbody");
    const width = 1 + keys.length;
    let group = null;
    for (const entry of entries.slice(0, TALLEST)) {
      if (entry.group !== group) {
        group = entry.group;
        body.append(element("tr", { class: "group" }, element("th", { colspan: width, scope: "rowgroup" }, group)));
      }
      body.append(element("tr", { "data-implementation": entry.name }, element("th", { scope: "row" }, entry.name),
        ...keys.map(([device, dtype], k) => element("td", { class: k && keys[k - 1][0] === device ? null : "device" },
          chips(entry.rows.filter((row) => row.device === device && row.dtype === dtype))))));
    }
    if (entries.length > TALLEST) {
      body.append(element("tr", { class: "group" }, element("th", { colspan: width }, `${counted(entries.length - TALLEST)} more implementations: the filters find them`)));
    }
    grid.replaceChildren(element("table", { class: "matrix" }, head, body));
    if (state.open && byName.has(state.open)) open(byName.get(state.open), false);
  }

  function chips(own) {
    if (!own.length) return "";
    return element("div", { class: "cells" }, ...[...new Set(own.map((row) => row.run))].sort((a, b) => a - b).map((run) => {
      const found = own.filter((row) => row.run === run).sort((a, b) => a.rank - b.rank || worst(b) - worst(a));
      const { verdict, known } = found[0];
      const same = found.filter((row) => row.verdict === verdict).length;
      const value = found.map(worst).reduce((a, b) => (b !== null && (a === null || b > a) ? b : a), null);
      const text = value === null ? "" : shown(value);
      const part = same < found.length ? `${same} of ${found.length}` : "";
      return element("button", {
        type: "button", class: `cell ${cssName(verdict)}${known ? " known" : ""}`, "aria-expanded": "false", "data-open": found[0].name,
        "aria-label": `${verdict}${part && ` (${part})`}${known ? ", known" : ""}, error/bound ${text || "none"}${several ? `, run ${runs[run]}` : ""}`,
        onclick: (event) => { if (event.currentTarget.getAttribute("aria-expanded") === "true") close(); else open(found[0], false); },
      }, glyph(verdict, several ? element("sup", {}, String(run + 1)) : ""), part && element("span", {}, part), element("span", { class: "number" }, text));
    }));
  }

  // ---- a cell that is open: its problems below its line, and the plots of the chosen one
  const alike = (a, b) => ["implementation", "device", "dtype", "run"].every((name) => a[name] === b[name]);
  function close() {
    if (detail) detail.remove();
    detail = null;
    state.open = "";
    for (const chip of grid.querySelectorAll(".cell")) chip.setAttribute("aria-expanded", "false");
    writeAddress();
  }
  function open(row, scroll) {
    close();
    const line = [...grid.querySelectorAll("tr[data-implementation]")].find((tr) => tr.dataset.implementation === row.implementation);
    if (!line) return;
    state.open = row.name;
    writeAddress();
    for (const chip of line.querySelectorAll(".cell")) chip.setAttribute("aria-expanded", String(alike(byName.get(chip.dataset.open), row)));
    const content = element("div", { class: "detail", style: `width: ${grid.clientWidth}px` });
    detail = element("tr", { class: "open" }, element("td", { colspan: 99 }, content));
    fill(content, row, 1);
    line.after(detail);
    if (scroll) line.scrollIntoView({ block: "start" });
  }
  function fill(content, chosen, pages) {
    const own = rows.filter((row) => alike(row, chosen)).sort((a, b) => a.rank - b.rank || worst(b) - worst(a));
    const listed = own.slice(0, pages * PAGE);
    if (!listed.includes(chosen)) listed.unshift(chosen);
    const others = rows.filter((row) => row.implementation === chosen.implementation);
    const name = (row) => `${row.device} ${row.dtype}${several ? `, ${runs[row.run]}` : ""}`;
    const lines = [chosen, ...others.filter((row) => row !== chosen && row.problem === chosen.problem)].filter((row) => row.curves);
    const drawn = plots(lines.includes(chosen) ? lines.map((row) => [name(row), row]) : [],
      others.filter((row) => row.rows && row.right_bits !== null).map((row) => [name(row), row]));
    const select = (row) => { state.open = row.name; writeAddress(); fill(content, row, pages); };
    content.replaceChildren(
      element("div", { class: "title" },
        element("h3", {}, [chosen.implementation, chosen.device, chosen.dtype].join(" · ")),
        element("button", { type: "button", class: "more close", onclick: close, "aria-label": "close" }, "×")),
      element("p", { class: "muted" }, `${chosen.framework} ${chosen.version}${several ? `, run ${runs[chosen.run]}` : ""}`),
      element("div", { class: "rows" }, table(listed, chosen, select)),
      listed.length < own.length ? element("button", { type: "button", class: "more", onclick: () => fill(content, chosen, pages + 1) },
        `show ${Math.min(PAGE, own.length - listed.length)} of ${counted(own.length - listed.length)} more`) : "",
      element("h4", {}, chosen.problem),
      chosen.why ? element("p", { class: "why" }, chosen.why) : "",
      chosen.link ? element("p", {}, element("a", { href: chosen.link, rel: "noreferrer" }, chosen.issue)) : "",
      chosen.repeated === null ? "" : element("p", { class: "muted" }, chosen.repeated ? "Run twice, with the same bits." : "Run twice, with other bits the second time, which is not required."),
      drawn.length ? element("div", { class: "plots" }, ...drawn) : element("p", { class: "muted" }, "No plot: it has several features or targets, was not run, or its curves are left out of this page."));
  }
  function table(listed, chosen, select) {
    const figures = ["gradient", "update", "loss", "final", "resolution", "right_bits", "seconds"].filter((name) => listed.some((row) => row[name] !== null));
    const titles = { final: "end", right_bits: "right bits" };
    return element("table", { class: "list" },
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "problem"), element("th", { scope: "col" }, "verdict"),
        ...figures.map((name) => element("th", { class: "number", scope: "col" }, titles[name] || name)))),
      element("tbody", {}, ...listed.map((row) => element("tr", {},
        element("td", {}, element("button", { type: "button", class: "pick", "aria-pressed": String(row === chosen), onclick: () => select(row) }, row.problem)),
        element("td", {}, element("span", { class: `chip ${cssName(row.verdict)}${row.known ? " known" : ""}` }, glyph(row.verdict), element("span", { class: "word" }, row.known ? `${row.verdict}, known` : row.verdict))),
        ...figures.map((name) => {
          const over = ["gradient", "update", "loss", "final"].includes(name) && row[name] !== null && !(number(row[name]) <= 1);
          return element("td", { class: over ? "number over" : "number" }, blind(row, name) ? "blind" : shown(row[name], name === "right_bits" ? 3 : 2));
        })))));
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && detail) close(); });
  function follow() {
    const section = location.hash ? document.querySelector(`section[id="${CSS.escape(location.hash.slice(1))}"]`) : null;
    if (section) section.querySelectorAll("details").forEach((part) => { part.open = true; });
    if (!section || !("show" in state)) readAddress();
    const target = byName.get(state.open);
    update();
    if (target) open(target, true);
  }
  window.addEventListener("hashchange", follow);
  follow();
})();

/* What folium's page of hotspots needs of us: the ground, the cells, steps of time, and two periods side by side.
   A plain script, because folium's own parts are; words come from the page. */

(() => {
  const here = document.currentScript.src;
  const load = (name) => import(new URL(`./lib/${name}.js`, here));
  const CARD = { closeButton: false, maxWidth: 280, minWidth: 180, className: "pop", autoPanPaddingTopLeft: [64, 16] };
  const STEP_MS = 900;
  const STRENGTH = { new: 2, consecutive: 2, intensifying: 3, persistent: 3, diminishing: 1, sporadic: 1, oscillating: 1, historical: 1 };
  const said = (words, values) => words.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
  const banded = (number) => (number === 7 || number === undefined ? { band: 0, dotted: true } : { band: number - 3 });

  /** What a pattern over time is coloured as: hot or cold, the stronger the surer. */
  function patterned(label = "") {
    const [kind, side] = label.split("_");
    return { band: (STRENGTH[kind] ?? 0) * (side === "cold" ? -1 : 1) };
  }

  function looks(state) {
    return {
      band: (tags) => banded(tags.band),
      plain: (tags) => banded(tags.plain),
      label: (tags) => patterned(tags.label),
      steps: (tags) => banded(tags.steps === undefined ? 7 : Number(tags.steps[state.step])),
    };
  }

  function popup(options, { id, tags }, piece) {
    const { words, labels, classes } = options;
    const number = new Intl.NumberFormat(options.language, { maximumFractionDigits: 2 });
    const figure = (value) => (value === undefined ? "–" : number.format(Number(value)));
    const box = piece("div", "", "stack tight");
    box.append(piece("b", said(words.cell, { area: tags.area ?? "", n: id }).replace(/^, /, "")));
    const label = labels.find(([code]) => code === tags.label)?.[1];
    if (label) box.append(piece("p", label, "sm"));
    else if (tags.band !== 7) box.append(piece("p", classes.find(([band]) => band === tags.band - 3)?.[1] ?? "", "sm"));
    const counted = tags.earlier === undefined ? said(words.counted, { n: figure(tags.count), m: figure(tags.expected) }) : said(words.difference, { n: figure(tags.count), m: figure(tags.earlier) });
    box.append(piece("p", counted, "sm num"));
    if (tags.z !== undefined) box.append(piece("p", `${words.statistic} = ${figure(tags.z)}${tags.p ? `, p = ${tags.p}` : ""}`, "xs muted num"));
    const link = piece("a", words.open, "btn");
    link.href = options.cell.replace("{id}", id);
    link.target = "_top";
    box.append(link);
    return box;
  }

  function icon(path) {
    const make = (tag, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      return element;
    };
    const svg = make("svg", { class: "i", viewBox: "0 0 24 24", "aria-hidden": "true" });
    svg.append(make("path", { d: path }));
    return svg;
  }

  /** A range with a play button, the step's name, and its rain as bars. */
  function slider(map, { steps, rain, words }, piece, changed) {
    const control = L.control({ position: "bottomleft" });
    let running = 0;
    control.onAdd = () => {
      const box = piece("div", "", "time card paper");
      const name = piece("output", steps.at(-1), "sm num");
      const wet = piece("span", "", "xs muted num");
      const range = document.createElement("input");
      Object.assign(range, { type: "range", min: 0, max: steps.length - 1, value: steps.length - 1 });
      range.setAttribute("aria-label", words.step);
      const play = piece("button", "", "btn");
      play.type = "button";
      const bars = piece("div", "", "bars");
      const most = Math.max(1, ...rain.map((mm) => mm ?? 0));
      const drawn = rain.map((mm) => {
        const bar = piece("i", "");
        bar.style.blockSize = `${Math.max(mm ? 6 : 1, (100 * (mm ?? 0)) / most)}%`;
        bars.append(bar);
        return bar;
      });
      bars.setAttribute("aria-hidden", "true");

      function face() {
        play.replaceChildren(icon(running ? "M8 5v14M16 5v14" : "m8 5 11 7-11 7z"));
        play.title = running ? words.pause : words.play;
        play.setAttribute("aria-label", play.title);
      }
      function show() {
        const at = Number(range.value);
        name.textContent = steps[at];
        wet.textContent = rain[at] === null || rain[at] === undefined ? "" : said(words.rain, { mm: Math.round(rain[at]) });
        range.setAttribute("aria-valuetext", steps[at]);
        drawn.forEach((bar, number) => bar.classList.toggle("on", number === at));
        changed(at);
      }
      function stop() {
        clearInterval(running);
        running = 0;
        face();
      }
      range.addEventListener("input", () => {
        stop();
        show();
      });
      play.addEventListener("click", () => {
        if (running) return stop();
        if (Number(range.value) === steps.length - 1) range.value = 0;
        show();
        running = setInterval(() => {
          range.value = Number(range.value) + 1;
          show();
          if (Number(range.value) >= steps.length - 1) stop();
        }, STEP_MS);
        return face();
      });
      const line = piece("div", "", "row");
      const words_ = piece("div", "", "row spread");
      words_.append(name, wet);
      line.append(play, range);
      if (rain.some((mm) => mm !== null)) box.append(words_, bars, line);
      else box.append(words_, line);
      face();
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      queueMicrotask(show);
      return box;
    };
    return control;
  }

  /** Two layers and a line between them that a hand moves; the keyboard moves the same range. */
  function swipe(map, words, before, after, piece) {
    const range = document.createElement("input");
    Object.assign(range, { type: "range", min: 0, max: 1000, value: 500, className: "swipe" });
    range.setAttribute("aria-label", words.swipe);
    const line = piece("div", "", "divider");
    const [left, right] = [piece("b", words.before, "side before"), piece("b", words.after, "side after")];
    function cut() {
      const size = map.getSize();
      const at = (size.x * Number(range.value)) / 1000;
      const [north, south] = [map.containerPointToLayerPoint([0, 0]), map.containerPointToLayerPoint(size)];
      const middle = map.containerPointToLayerPoint([at, 0]).x;
      before.getPane().style.clip = `rect(${north.y}px, ${middle}px, ${south.y}px, ${north.x}px)`;
      after.getPane().style.clip = `rect(${north.y}px, ${south.x}px, ${south.y}px, ${middle}px)`;
      line.style.insetInlineStart = `${at}px`;
    }
    range.addEventListener("input", cut);
    L.DomEvent.disableClickPropagation(range);
    return {
      add() {
        map.getContainer().append(line, left, right, range);
        before.addTo(map);
        after.addTo(map);
        map.on("move resize zoomend", cut);
        cut();
      },
      remove() {
        for (const element of [line, left, right, range]) element.remove();
        before.remove();
        after.remove();
        map.off("move resize zoomend", cut);
      },
    };
  }

  async function reports(map, options, layer) {
    const [{ tileLayer }, { card }] = await Promise.all([load("tile_layer"), load("map_frame")]);
    let drawn = null;
    const show = () => {
      drawn ??= tileLayer(L, map, {
        said: JSON.parse(options.said),
        url: (z, x, y) => (map.hasLayer(layer) ? options.requests.replace("{z}", z).replace("{x}", x).replace("{y}", y) : ""),
        open: (latlng, properties) => L.popup(CARD).setLatLng(latlng).setContent(card(properties, options.words.open)).openOn(map),
      });
      drawn.refresh().catch(() => {});
    };
    map.on("moveend overlayadd overlayremove", () => (map.hasLayer(layer) || drawn) && show());
  }

  async function hotspots(map, options, layers) {
    const [{ controls, firstView, ground, piece, speaker }, { cellLayer }] = await Promise.all([load("folium_page"), load("cell_layer")]);
    controls(L, map, options.words);
    firstView(map, options);
    const say = speaker(L, map);
    ground(L, map, options.ground).catch(() => {});
    const state = { step: options.steps.length - 1 };
    const look = looks(state);
    const pane = (name, level) => {
      map.createPane(name).style.zIndex = level;
      return name;
    };
    const url = (z, x, y) => options.tiles.replace("{z}", z).replace("{x}", x).replace("{y}", y);
    const make = (name, how) => cellLayer(L, { url, look: how, pane: pane(name, 350), failed: () => say(options.words.failed) });
    let code = Object.keys(layers)[0];
    const cells = make("cells", (tags) => look[code](tags));
    const sides = options.compares ? swipe(map, options.words, make("before", (tags) => banded(tags.was)), make("after", (tags) => banded(tags.is)), piece) : null;
    const time = options.steps.length > 1 ? slider(map, options, piece, (step) => {
      state.step = step;
      if (code === "steps") cells.repaint();
    }) : null;

    function choose(wanted) {
      code = wanted;
      time?.remove();
      sides?.remove();
      if (code === "swipe") {
        cells.remove();
        sides.add();
        return;
      }
      cells.addTo(map).repaint();
      if (code === "steps") time?.addTo(map);
    }
    map.on("baselayerchange", ({ layer }) => choose(Object.keys(layers).find((name) => layers[name] === layer)));
    map.on("click", ({ latlng }) => {
      const found = cells.at(latlng);
      cells.mark(found?.id ?? 0);
      if (found) L.popup(CARD).setLatLng(latlng).setContent(popup(options, found, piece)).openOn(map);
    });
    map.on("popupclose", () => cells.mark(0));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => cells.repaint());
    reports(map, options, layers.requests).catch(() => {});
    const asked = new URLSearchParams(location.search).get("layer");
    if (layers[asked] && asked !== "requests") {
      map.removeLayer(layers[code]);
      layers[asked].addTo(map);
      choose(asked);
    } else choose(code);
    await new Promise((ready) => (cells._map ? cells.once("load", ready) : ready()));
    map.getContainer().dataset.ready = "";
  }

  window.fieldops = { ...window.fieldops, hotspots };
})();

/* What folium's page of open clusters needs of us: the ground, the symbols, the controls, the cards.
   A plain script, because folium's own parts are; words come from the page. */

(() => {
  const here = document.currentScript.src;
  const load = (name) => import(new URL(`./lib/${name}.js`, here));
  let symbols = null;
  let said = {};

  const severities = (markers) => {
    const count = { heavy: 0, medium: 0, light: 0 };
    for (const { options } of markers) count[{ 3: "heavy", 2: "medium" }[options.severity] ?? "light"] += 1;
    return count;
  };

  /** Leaflet.markercluster asks for the drawing of a group. */
  function bubble(cluster) {
    cluster.options.title = said.together.replace("{n}", cluster.getChildCount());
    const drawing = symbols.bubble({ count: cluster.getChildCount(), ...severities(cluster.getAllChildMarkers()) });
    const size = Number(drawing.getAttribute("width"));
    return L.divIcon({ html: drawing, className: "sym", iconSize: [size, size] });
  }

  const piece = (tag, text, className) => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  };

  /** Words about one cluster, built as elements: the data's text never becomes markup. */
  function card(properties, words) {
    const box = document.createElement("div");
    box.className = "stack tight";
    box.append(piece("b", properties.title));
    for (const line of properties.lines) box.append(piece("span", line, "sm muted"));
    if (properties.url) {
      const link = piece("a", words.open, "btn");
      link.href = properties.url;
      link.target = "_top";
      box.append(link);
    }
    return box;
  }

  function marker({ geometry: { coordinates: [x, y] }, properties }, words) {
    const drawing = symbols.pin({ ...properties, size: 36 });
    const icon = L.divIcon({ html: drawing, className: "sym", iconSize: [36, 36], popupAnchor: [0, -14] });
    const label = [properties.title, ...properties.lines].join(", ");
    const spot = L.marker([y, x], { icon, severity: properties.severity, riseOnHover: true, keyboard: true });
    spot.on("add", () => spot.getElement()?.setAttribute("aria-label", label));
    return spot.bindPopup(() => card(properties, words), { closeButton: false, maxWidth: 260, minWidth: 170, className: "pop" });
  }

  async function ground(map, url) {
    const [{ baseLayer, prepare }, { labelLayer }, answer] = await Promise.all([load("basemap"), load("labels"), fetch(url)]);
    const parts = prepare(await answer.json());
    const layers = [baseLayer(L, parts).addTo(map), labelLayer(L, parts).addTo(map)];
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => layers.forEach((one) => one.repaint()));
  }

  function corners() {
    const make = (tag, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      return element;
    };
    const svg = make("svg", { class: "i", viewBox: "0 0 24 24", "aria-hidden": "true" });
    svg.append(make("path", { d: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" }));
    return svg;
  }

  function screenButton(map, words) {
    if (!document.fullscreenEnabled) return;
    const control = L.control({ position: "topleft" });
    control.onAdd = () => {
      const button = piece("button", "", "btn screen");
      button.append(corners());
      button.type = "button";
      button.title = words.fullScreen;
      button.setAttribute("aria-label", words.fullScreen);
      button.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
      L.DomEvent.disableClickPropagation(button);
      return button;
    };
    control.addTo(map);
  }

  function say(map, text) {
    const control = L.control({ position: "bottomright" });
    control.onAdd = () => {
      const note = piece("p", text, "note t-road");
      note.setAttribute("role", "status");
      return note;
    };
    control.addTo(map);
  }

  function controls(map, words) {
    const box = map.getContainer();
    box.setAttribute("role", "main");
    box.setAttribute("aria-label", words.title);
    box.prepend(piece("h1", words.title, "vh"));
    map.attributionControl.setPrefix(false).addAttribution(words.attribution);
    L.control.zoom({ position: "topleft", zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
    screenButton(map, words);
    const layers = box.querySelector(".leaflet-control-layers");
    layers?.querySelector(".leaflet-control-layers-toggle")?.setAttribute("title", words.layers);
    layers?.setAttribute("aria-label", words.layers);
    if (box.clientWidth < 640) layers?.classList.remove("leaflet-control-layers-expanded");
  }

  /** Every single report, from tiles, while its layer is switched on; of the kind that the page asks for. */
  async function everything(map, { tiles, report, said, words }, group) {
    const { tileLayer } = await load("tile_layer");
    const asked = new URLSearchParams({ status: said.choices.unfinished });
    const service = new URLSearchParams(location.search).get("service");
    if (service) asked.set("service", service);
    const layer = tileLayer(L, map, {
      said,
      into: group,
      url: (z, x, y) => `${tiles.replace("{z}", z).replace("{x}", x).replace("{y}", y)}?${asked}`,
      link: (id) => (id ? report.replace("{id}", id) : ""),
      open: (latlng, { title, text, url }) =>
        L.popup({ closeButton: false, maxWidth: 260, minWidth: 170, className: "pop" }).setLatLng(latlng).setContent(card({ title, lines: [text], url }, { open: words.report })).openOn(map),
    });
    const refresh = () => map.hasLayer(group) && layer.refresh().catch(() => say(map, words.failed));
    map.on("moveend", refresh);
    group.on("add", refresh);
  }

  async function city(map, options, groups, every) {
    const { words } = options;
    said = words;
    document.body.dataset.icons = options.icons;
    controls(map, words);
    map.fitBounds(options.bounds, { animate: false });
    try {
      const asked = fetch(options.points + location.search, { headers: { Accept: "application/geo+json" } });
      symbols = await load("symbols");
      everything(map, options, every);
      ground(map, options.ground);
      const collection = await (await asked).json();
      const of = new Map();
      for (const feature of collection.features) {
        const code = feature.properties.service;
        of.set(code, [...(of.get(code) ?? []), marker(feature, words)]);
      }
      for (const [code, markers] of of) groups[code]?.addLayers(markers);
      const all = collection.features.map(({ geometry: { coordinates: [x, y] } }) => [y, x]);
      if (all.length) map.fitBounds(all, { padding: [30, 30], maxZoom: 16, animate: false });
      else say(map, words.nothing);
    } catch {
      say(map, words.failed);
    }
    map.getContainer().dataset.ready = "";
  }

  window.fieldops = { bubble, city };
})();

/* What folium's page of open reports needs of us: the ground, the symbols, the controls, the cards.
   A plain script, because folium's own parts are; words come from the page. */

(() => {
  const here = document.currentScript.src;
  const load = (name) => import(new URL(`./lib/${name}.js`, here));
  const CARD = { closeButton: false, maxWidth: 260, minWidth: 170, className: "pop", autoPanPaddingTopLeft: [64, 16] }; // beside the buttons

  const piece = (tag, text, className) => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (className) element.className = className;
    return element;
  };

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

  /** One sentence at a time in the corner of the map; none when there is nothing to say. */
  function speaker(map) {
    let shown = null;
    return (text) => {
      shown?.remove();
      shown = null;
      if (!text) return;
      shown = L.control({ position: "bottomright" });
      shown.onAdd = () => {
        const note = piece("p", text, "note t-road");
        note.setAttribute("role", "status");
        return note;
      };
      shown.addTo(map);
    };
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

  /** What tiles are asked for: the filter in the page's address, less the kinds that are switched off. Null: nothing. */
  function query(map, { statuses, filters, said }, kinds) {
    const address = new URLSearchParams(location.search);
    const asked = new URLSearchParams({ status: statuses });
    for (const [name, words] of Object.entries(filters)) if (words[address.get(name)]) asked.set(name, words[address.get(name)]);
    const only = address.get("service");
    const codes = only ? [only] : Object.keys(said.services);
    const on = codes.filter((code) => !kinds[code] || map.hasLayer(kinds[code]));
    if (!on.length) return null;
    if (only || on.length < codes.length) asked.set("service", on.join(","));
    return asked;
  }

  async function reports(map, options, kinds, say) {
    const [{ tileLayer }, { card, placesOf }] = await Promise.all([load("tile_layer"), load("map_frame")]);
    let asked = query(map, options, kinds);
    const layer = tileLayer(L, map, {
      said: options.said,
      url: (z, x, y) => (asked ? `${options.tiles.replace("{z}", z).replace("{x}", x).replace("{y}", y)}?${asked}` : ""),
      link: (id) => (id ? options.report.replace("{id}", id) : ""),
      open: async (latlng, properties) => {
        const inside = await placesOf(options.places, properties);
        L.popup(CARD).setLatLng(latlng).setContent(card({ ...properties, ...inside }, options.words.report)).openOn(map);
      },
    });
    const refresh = async () => {
      asked = query(map, options, kinds);
      try {
        const many = await layer.refresh();
        say(many ? "" : options.words.nothing);
      } catch {
        say(options.words.failed);
      }
    };
    map.on("moveend overlayadd overlayremove", refresh);
    await refresh();
  }

  function firstView(map, { bounds }) {
    const asked = new URLSearchParams(location.search).get("bounds")?.split(",").map(Number);
    const [west, south, east, north] = asked ?? [];
    if (asked?.length === 4 && asked.every(Number.isFinite)) {
      map.fitBounds([[south, west], [north, east]], { padding: [30, 30], maxZoom: 16, animate: false });
    } else map.fitBounds(bounds, { animate: false });
  }

  async function city(map, options, kinds) {
    document.body.dataset.icons = options.icons;
    controls(map, options.words);
    firstView(map, options);
    const say = speaker(map);
    ground(map, options.ground).catch(() => {}); // symbols on plain ground are still worth more than no map
    await reports(map, options, kinds, say).catch(() => say(options.words.failed));
    map.getContainer().dataset.ready = "";
  }

  window.fieldops = { city };
})();

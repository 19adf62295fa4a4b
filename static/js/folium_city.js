/* What folium's page of open reports needs of us: the ground, the symbols, the controls, the cards.
   A plain script, because folium's own parts are; words come from the page. */

(() => {
  const here = document.currentScript.src;
  const load = (name) => import(new URL(`./lib/${name}.js`, here));
  const CARD = { closeButton: false, maxWidth: 260, minWidth: 170, className: "pop", autoPanPaddingTopLeft: [64, 16] }; // beside the buttons

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

  async function city(map, options, kinds) {
    document.body.dataset.icons = options.icons;
    const { controls, firstView, ground, speaker } = await load("folium_page");
    controls(L, map, options.words);
    firstView(map, options);
    const say = speaker(L, map);
    ground(L, map, options.ground).catch(() => {}); // symbols on plain ground are still worth more than no map
    await reports(map, options, kinds, say).catch(() => say(options.words.failed));
    map.getContainer().dataset.ready = "";
  }

  window.fieldops = { city };
})();

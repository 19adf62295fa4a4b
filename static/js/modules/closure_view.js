/* A map of one closure: the view is the closure itself. */

import { closures } from "../lib/closures.js";
import { frame, geojson } from "../lib/map_frame.js";

export default async function start(element) {
  const url = element.dataset.closuresUrl;
  delete element.dataset.closuresUrl; // drawn here, once
  const { L, map } = await frame(element, { draws: true });
  await closures(L, map, element, url);
  map.fitBounds(L.geoJSON(await geojson(url)).getBounds(), { padding: [40, 40], maxZoom: 17, animate: false });
}

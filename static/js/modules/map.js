/* Reports on the base map: symbols as on paper, near ones gathered into bubbles, a card on a press. */

import { clusters } from "../lib/clusters.js";
import { you } from "../lib/here.js";
import { shapes } from "../lib/leaflet.js";
import { featuresOf, frame, openCard, place } from "../lib/map_frame.js";
import { bubble, pin } from "../lib/symbols.js";

const BUBBLE_PX = 58; // reports nearer than this on the screen share a bubble
const SPREAD_FROM_ZOOM = 18; // nearer than this every report stands alone

function weigh(feature) {
  const { properties, geometry } = feature;
  const count = properties.count ?? 1;
  const severity = properties.severity ?? 2;
  return {
    feature, count, lat: geometry.coordinates[1], lon: geometry.coordinates[0],
    heavy: properties.heavy ?? (severity === 3 ? count : 0),
    medium: properties.medium ?? (severity === 2 ? count : 0),
    light: properties.light ?? (severity === 1 ? count : 0),
  };
}

export default async function start(element) {
  const { L, map, placed } = await frame(element);
  const layer = L.layerGroup().addTo(map);
  if (element.dataset.spotM) {
    await shapes();
    const [lon, lat] = element.dataset.centre.split(",").map(Number);
    const radius = Math.max(8, Number(element.dataset.spotM));
    L.circle([lat, lon], { radius, className: "accuracy", interactive: false }).addTo(map);
    L.circleMarker([lat, lon], { radius: 7, className: "accuracy", interactive: false }).addTo(map);
  }
  let points = [];
  let shown = [];
  let groups = [];

  function single(point) {
    const { properties } = point.feature;
    const size = properties.size ?? 40;
    return place(L, [point.lat, point.lon], pin({ ...properties, size }), {
      size: [size, size], label: [properties.title, properties.text].filter(Boolean).join(", "),
      press: (spot) => openCard(L, map, [point.lat, point.lon], properties, element, spot),
    });
  }

  function group(cluster) {
    const drawing = bubble(cluster);
    const size = Number(drawing.getAttribute("width"));
    const [west, south, east, north] = cluster.members.reduce(
      (box, one) => [Math.min(box[0], one.lon), Math.min(box[1], one.lat), Math.max(box[2], one.lon), Math.max(box[3], one.lat)],
      [180, 90, -180, -90],
    );
    return place(L, cluster.latlng, drawing, {
      size: [size, size], label: element.dataset.cluster.replace("{n}", cluster.count),
      press: () => map.fitBounds([[south, west], [north, east]], { maxZoom: Math.min(19, map.getZoom() + 3), padding: [60, 60] }),
    });
  }

  /* Groups depend on the zoom alone, so panning only adds and removes markers and the focus stays where it was. */
  function regroup() {
    const zoom = map.getZoom();
    for (const point of shown) Object.assign(point, map.project([point.lat, point.lon], zoom));
    const together = element.dataset.noCluster === undefined && zoom < SPREAD_FROM_ZOOM;
    const found = together ? clusters(shown, BUBBLE_PX) : shown.map((point) => ({ ...point, members: [point] }));
    groups = found.map((one) => ({ ...one, latlng: map.unproject([one.x, one.y], zoom), marker: null }));
    layer.clearLayers();
    redraw();
  }

  function redraw() {
    const view = map.getBounds().pad(0.3);
    for (const one of groups) {
      const inside = view.contains(one.latlng);
      if (inside && !one.marker) {
        one.marker = (one.members.length === 1 && one.count === 1 ? single(one.members[0]) : group(one)).addTo(layer);
      } else if (!inside && one.marker) {
        layer.removeLayer(one.marker);
        one.marker = null;
      }
    }
  }

  if (element.dataset.pointsUrl) {
    const features = await featuresOf(element, element.dataset.pointsUrl);
    points = shown = features.filter((one) => one.geometry?.type === "Point").map(weigh);
    if (!placed && points.length) map.fitBounds(points.map((one) => [one.lat, one.lon]), { padding: [30, 30], maxZoom: 16, animate: false });
    regroup();
    map.on("zoomend", regroup);
    map.on("moveend", redraw);
  }

  document.addEventListener("list-filtered", ({ detail }) => {
    if (detail.list !== element.dataset.list) return;
    shown = points.filter(({ feature: { properties } }) => detail.chosen.every((word) => [properties.family, properties.shape, properties.state, ...(properties.filter ?? "").split(" ")].includes(word)));
    regroup();
  });

  you(L, map, element);
}

/* Leaflet's lines, areas and circles, for maps that draw some: static/vendor/leaflet/shapes.js, over the same parts as
   map.js, which is named here so that all of it lies in one file. */

import "./map.js";
import "leaflet/src/layer/vector/Renderer.getRenderer.js";

export { geoJSON } from "leaflet/src/layer/GeoJSON.js";
export { circle } from "leaflet/src/layer/vector/Circle.js";
export { circleMarker } from "leaflet/src/layer/vector/CircleMarker.js";
export { polygon } from "leaflet/src/layer/vector/Polygon.js";
export { polyline } from "leaflet/src/layer/vector/Polyline.js";

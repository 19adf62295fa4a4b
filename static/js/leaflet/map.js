/* What of Leaflet every map of ours needs: script/vendor makes static/vendor/leaflet/map.js of it. Whatever else is used
   must be named here, in shapes.js or in popup.js. Left out on purpose: layers of pictures and tooltips, the controls (the buttons are
   ours), the long press that stands in for a right click. */
/*! Leaflet, (c) 2010-2023 Volodymyr Agafonkin, (c) 2010-2011 CloudMade, BSD-2-Clause: see LICENSE beside this file */

import "leaflet/src/map/handler/Map.BoxZoom.js";
import "leaflet/src/map/handler/Map.DoubleClickZoom.js";
import "leaflet/src/map/handler/Map.Drag.js";
import "leaflet/src/map/handler/Map.Keyboard.js";
import "leaflet/src/map/handler/Map.ScrollWheelZoom.js";
import "leaflet/src/map/handler/Map.TouchZoom.js";
import { attribution } from "leaflet/src/control/Control.Attribution.js";
import * as DomUtil from "leaflet/src/dom/DomUtil.js";

export const control = { attribution };
export { DomUtil };
export { toLatLng as latLng } from "leaflet/src/geo/LatLng.js";
export { toPoint as point } from "leaflet/src/geometry/Point.js";
export { Layer } from "leaflet/src/layer/Layer.js";
export { layerGroup } from "leaflet/src/layer/LayerGroup.js";
export { divIcon } from "leaflet/src/layer/marker/DivIcon.js";
export { marker } from "leaflet/src/layer/marker/Marker.js";
export { GridLayer } from "leaflet/src/layer/tile/GridLayer.js";
export { createMap as map } from "leaflet/src/map/Map.js";

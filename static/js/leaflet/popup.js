/* Leaflet's popups, which come with the first card that is opened: static/vendor/leaflet/popup.js, over the same parts as
   map.js. */

import "./map.js";

export { popup } from "leaflet/src/layer/Popup.js";

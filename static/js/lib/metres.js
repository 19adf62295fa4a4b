/** Return the metres between two places, [longitude, latitude] in degrees, on the sphere. */
export function metres([lon1, lat1], [lon2, lat2]) {
  const rad = (degrees) => (degrees * Math.PI) / 180;
  const half = Math.sin(rad(lat2 - lat1) / 2) ** 2 + Math.cos(rad(lat1)) * Math.cos(rad(lat2)) * Math.sin(rad(lon2 - lon1) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(half)));
}

/** Where keys lead on a slider along which something plays. Pure; in seconds from its beginning. */

const STEP = 5;
const PAGE = 60;

/** Return where a key leads to; null for keys that lead nowhere. */
export function placeByKey(key: string, now: number, length: number): number | null {
  const place = wished(key, now, length);
  return place === null ? null : Math.min(length, Math.max(0, place));
}

function wished(key: string, now: number, length: number): number | null {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return now - STEP;
    case "ArrowRight":
    case "ArrowUp":
      return now + STEP;
    case "PageDown":
      return now - PAGE;
    case "PageUp":
      return now + PAGE;
    case "Home":
      return 0;
    case "End":
      return length;
    default:
      return null;
  }
}

/** How numbers and times read. Times are shown in the viewer's time zone and language. */

/** A length as people write it: 1:02:03, 2:05. */
export function lengthText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** A length in words, for labels: "1 hour 2 minutes", "45 seconds". */
export function lengthWords(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const units = [
    [Math.floor(whole / 86_400), "day"],
    [Math.floor(whole / 3600) % 24, "hour"],
    [Math.floor(whole / 60) % 60, "minute"],
    [whole % 60, "second"],
  ] as const;
  const first = units.findIndex(([count]) => count > 0);
  if (first < 0) return "0 seconds";
  return units
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => countText(count, unit))
    .join(" ");
}

/** "1 video", "12 videos". */
export function countText(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? singular : plural}`;
}

const SIZES = ["bytes", "kB", "MB", "GB", "TB", "PB"] as const;

/** A size with about three digits, in powers of a thousand, as disks are sold: "1.45 GB". */
export function bytesText(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${SIZES[unit]}`;
}

/** A speed of transfer: "3.2 MB/s". */
export function rateText(bytesPerSecond: number): string {
  return `${bytesText(bytesPerSecond)}/s`;
}

const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });
const clockWithSeconds = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat([], { weekday: "short", day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat([], { dateStyle: "full", timeStyle: "long" });

/** The time of day: "20:04". moment: milliseconds since 1970. */
export const clockText = (moment: number): string => clock.format(moment);

/** The time of day with seconds: "20:04:31". */
export const clockSecondsText = (moment: number): string => clockWithSeconds.format(moment);

/** The day: "Sun, 22 Nov". */
export const dayText = (moment: number): string => day.format(moment);

/** Everything there is to say about a moment, with its time zone; for titles. */
export const fullTimeText = (moment: number): string => full.format(moment);

/** The time, with the day where it is not today's: "20:04", "Mon, 23 Nov, 20:04". */
export function whenText(moment: number, now: number): string {
  return dayText(moment) === dayText(now) ? clockText(moment) : `${dayText(moment)}, ${clockText(moment)}`;
}

/** "in 5 minutes", "2 days ago". */
export function relativeText(moment: number, now: number): string {
  const seconds = (moment - now) / 1000;
  const [unit, size] = RELATIVE.find(([, length]) => Math.abs(seconds) >= length) ?? (["second", 1] as const);
  return relative.format(Math.round(seconds / size), unit);
}

const relative = new Intl.RelativeTimeFormat([], { numeric: "auto" });
const RELATIVE = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

// Formats of figures, times and durations. Pure.

const NONE = "–";

const two = (n: number) => String(n).padStart(2, "0");

/** A duration that can count: always in seconds, so that its width is stable. "12.3 s", "2:03 min", "1:02:03 h". */
export function seconds(ms: number | null): string {
  if (ms === null) return NONE;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const total = Math.round(ms / 1000);
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(total % 60)} ${hours ? "h" : "min"}`;
}

/** A finished duration: "<1 ms", "213 ms", and from one second on like `seconds`. */
export function duration(ms: number | null): string {
  if (ms === null || ms >= 1000) return seconds(ms);
  return ms < 1 ? "<1 ms" : `${Math.round(ms)} ms`;
}

export const count = (n: number): string => n.toLocaleString("en-US");

export const plural = (n: number, word: string, words = `${word}s`): string =>
  `${count(n)} ${n === 1 ? word : words}`;

/** A short size: "812", "12.4k", "3.1M". */
export function compact(n: number): string {
  if (n < 1000) return `${n}`;
  return n < 999_950 ? `${(n / 1000).toFixed(1)}k` : `${(n / 1e6).toFixed(1)}M`;
}

export const percent = (share: number | null | undefined): string =>
  share == null ? NONE : `${Math.round(share * 100)}%`;

/** The time after the start: "+0.0 s", "+12.3 s", "+2:03.4 min". */
export function offset(us: number | null, startUs: number | null): string {
  if (us === null || startUs === null) return "";
  const tenths = Math.max(0, Math.floor((us - startUs) / 100_000));
  const rest = ((tenths % 600) / 10).toFixed(1);
  return tenths < 600 ? `+${rest} s` : `+${Math.floor(tenths / 600)}:${rest.padStart(4, "0")} min`;
}

/** The local date and time in ISO 8601, without the zone. */
function local(us: number): string {
  const ms = us / 1000;
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60_000).toISOString();
}

/** The local time of day: "09:05:03.120". */
export const clockTime = (us: number | null): string => (us === null ? "" : local(us).slice(11, 23));

/** The local date and time: "2026-02-03 09:05:03". */
export const dateTime = (us: number | null): string =>
  us === null ? NONE : local(us).slice(0, 19).replace("T", " ");

/** A past time: "just now", "5 min ago", "3 h ago", "2 d ago". */
export function ago(us: number | null, nowUs: number): string {
  if (us === null) return NONE;
  const minutes = (nowUs - us) / 60e6;
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${Math.floor(minutes)} min ago`;
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} d ago`;
}

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** A name as a person reads it: "company_name" → "Company name". */
export const inWords = (name: string): string => capitalised(name.replaceAll("_", " "));

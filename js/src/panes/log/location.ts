// Parses a location in the log: a line or a time. Pure.

export type LogLocation = { line: number } | { time_us: number };

const HALF_DAY_MS = 43_200_000;

/**
 * "#1200" is a line; "12.5" and "1:02" are seconds, and minutes and seconds, after the run's start;
 * "14:03:07" is a local time of day, the nearest to the start. `null` for any other text, or without a start.
 */
export function parseLocation(text: string, startUs: number | null): LogLocation | null {
  const line = /^#\s*(\d[\d,]*)$/.exec(text.trim());
  if (line) return { line: Number(line[1]?.replaceAll(",", "")) };
  const time = /^\+?(?:(?:(\d{1,2}):)?(\d+):)?(\d+(?:\.\d+)?)$/.exec(text.trim());
  if (!time || startUs === null) return null;
  const [hours, minutes, seconds] = time
    .slice(1)
    .map((part) => (part === undefined ? undefined : Number(part)));
  if (seconds === undefined || (minutes !== undefined && seconds >= 60)) return null;
  if (hours === undefined) return { time_us: startUs + Math.round(((minutes ?? 0) * 60 + seconds) * 1e6) };
  if (hours > 23 || (minutes ?? 0) > 59) return null;
  const day = new Date(startUs / 1000);
  day.setHours(hours, minutes, 0, 0);
  if (startUs / 1000 - day.getTime() > HALF_DAY_MS) day.setDate(day.getDate() + 1);
  return { time_us: day.getTime() * 1000 + Math.round(seconds * 1e6) };
}

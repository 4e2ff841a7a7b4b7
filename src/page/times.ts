/**
 * Times and days in the reader's own manner. Building an `Intl` formatter costs as much as formatting
 * hundreds of times, so each is built once per page.
 */

/** Formats of one locale; times are ms since 1970. */
export type Times = {
  /** `9:05 AM`, `9:05`. */
  readonly clock: (time: number) => string;
  /** Day and time in full, for a title. */
  readonly full: (time: number) => string;
  /** `Today`, `Yesterday`, `Friday, November 20`, and with the year if it is another. */
  readonly day: (time: number, now: number) => string;
  /** The clock if it is the same day, otherwise with the day: `Mon, Nov 23, 9:05 AM`. */
  readonly moment: (time: number, now: number) => string;
  readonly count: (value: number) => string;
  /** `Ana, Bo, and Cy`. */
  readonly list: (names: readonly string[]) => string;
};

const DAY_MS = 86_400_000;

/** `locale` decides the order of the parts and 12 or 24 hours, for instance `en-GB`. */
export function createTimes(locale: string): Times {
  const clock = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });
  const dayAndClock = new Intl.DateTimeFormat(locale, {
    weekday: "short",
    month: "short",
    day: "numeric",
    hour: "numeric",
    minute: "2-digit",
  });
  const thisYear = new Intl.DateTimeFormat(locale, { weekday: "long", month: "long", day: "numeric" });
  const otherYear = new Intl.DateTimeFormat(locale, { dateStyle: "long" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const count = new Intl.NumberFormat(locale);
  const list = new Intl.ListFormat(locale, { type: "conjunction" });
  return {
    clock: (time) => clock.format(time),
    full: (time) => full.format(time),
    moment: (time, now) => {
      const isToday = midnightBefore(time) === midnightBefore(now);
      return (isToday ? clock : dayAndClock).format(time);
    },
    count: (value) => count.format(value),
    list: (names) => list.format(names),
    day: (time, now) => {
      const daysAgo = Math.round((midnightBefore(now) - midnightBefore(time)) / DAY_MS);
      if (daysAgo === 0 || daysAgo === 1) return capitalised(relative.format(-daysAgo, "day"), locale);
      const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear();
      return (isThisYear ? thisYear : otherYear).format(time);
    },
  };
}

function midnightBefore(time: number): number {
  return new Date(time).setHours(0, 0, 0, 0);
}

function capitalised(text: string, locale: string): string {
  return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
}

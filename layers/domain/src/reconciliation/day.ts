/** A calendar day, as the number of days since 1970-01-01. The ledger's days are those of UTC. */
export type Day = number;

const msPerDay = 86_400_000;

export const dayOf = (time: Date): Day => Math.floor(time.getTime() / msPerDay);

/** Its first moment, in UTC. */
export const startOf = (day: Day): Date => new Date(day * msPerDay);

/** As yyyy-MM-dd. */
export const dayText = (day: Day): string => startOf(day).toISOString().slice(0, 10);

/** Undefined where the calendar has no such day, or it lies outside of 1900 to 2999. */
export const dayOfDate = (year: number, month: number, date: number): Day | undefined => {
  const time = new Date(Date.UTC(year, month - 1, date));
  const isReal = time.getUTCMonth() === month - 1 && time.getUTCDate() === date;
  return isReal && year >= 1900 && year <= 2999 ? dayOf(time) : undefined;
};

/** Of yyyy-MM-dd. */
export const dayFromText = (text: string): Day | undefined => {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  return dayOfDate(Number(year), Number(month), Number(date));
};

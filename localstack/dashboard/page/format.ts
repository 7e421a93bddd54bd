export const unknown = '–';

/** Three figures that matter, without an exponent. */
export const number = (value: number | null, unit = ''): string => {
  if (value === null) return unknown;
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = value.toLocaleString('en', { maximumFractionDigits: digits });
  return unit === '' ? text : `${text} ${unit}`;
};

export const percent = (value: number | null, digits = 1): string =>
  value === null ? unknown : `${value.toLocaleString('en', { maximumFractionDigits: digits })} %`;

export const duration = (ms: number | null): string => {
  if (ms === null) return unknown;
  if (ms < 1_000) return number(ms, 'ms');
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
};

export const clock = (ms: number | null): string =>
  ms === null ? unknown : new Date(ms).toLocaleTimeString('en', { hour12: false });

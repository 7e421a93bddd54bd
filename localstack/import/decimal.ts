/** An exact decimal: mantissa × 10^-places. Amounts of journals never become floating point. */
export interface Decimal {
  readonly mantissa: bigint;
  readonly places: number;
}

export const zero: Decimal = { mantissa: 0n, places: 0 };

const at = ({ mantissa, places }: Decimal, wanted: number): bigint =>
  mantissa * 10n ** BigInt(wanted - places);

export const plus = (a: Decimal, b: Decimal): Decimal => {
  const places = Math.max(a.places, b.places);
  return { mantissa: at(a, places) + at(b, places), places };
};

export const times = (a: Decimal, b: Decimal): Decimal => ({
  mantissa: a.mantissa * b.mantissa,
  places: a.places + b.places,
});

export const negated = ({ mantissa, places }: Decimal): Decimal => ({
  mantissa: -mantissa,
  places,
});

export const isZero = ({ mantissa }: Decimal): boolean => mantissa === 0n;

/** Without trailing zeros: the fewest places that hold it. */
export const trimmed = (decimal: Decimal): Decimal => {
  let { mantissa, places } = decimal;
  while (places > 0 && mantissa % 10n === 0n) {
    mantissa /= 10n;
    places -= 1;
  }
  return { mantissa, places };
};

/** In units of 10^-scale; undefined where digits would be lost. */
export const minorUnits = (decimal: Decimal, scale: number): bigint | undefined => {
  const { mantissa, places } = trimmed(decimal);
  return places <= scale ? at({ mantissa, places }, scale) : undefined;
};

export const decimalText = (decimal: Decimal): string => {
  const { mantissa, places } = trimmed(decimal);
  const digits = (mantissa < 0n ? -mantissa : mantissa).toString().padStart(places + 1, '0');
  const sign = mantissa < 0n ? '-' : '';
  if (places === 0) return `${sign}${digits}`;
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
};

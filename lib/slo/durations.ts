const minutesOf = { m: 1, h: 60, d: 1_440 } as const;

/** A length of time as slo.yaml and Prometheus write it. */
export const durationPattern = /^[1-9]\d*[mhd]$/;

/** How many minutes `5m`, `6h` or `3d` are. */
export const minutesIn = (duration: string): number => {
  const unit = duration.at(-1) as keyof typeof minutesOf;
  return Number(duration.slice(0, -1)) * minutesOf[unit];
};

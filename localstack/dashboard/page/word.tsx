/** Drawn, because not every font has such signs. Each look has a shape of its own. */
const shapes = {
  good: 'M2 6.5 5 9.5 10 3',
  warning: 'M6 2 11 10.5 H1 Z',
  bad: 'M2.5 2.5 9.5 9.5 M9.5 2.5 2.5 9.5',
  quiet: 'M3 6 H9',
} as const;

/** How a state looks. The shape and the word say it; the colour only helps. */
const looks = {
  kept: 'good',
  pass: 'good',
  closed: 'good',
  answering: 'good',
  slow: 'warning',
  overspent: 'bad',
  fail: 'bad',
  open: 'bad',
  silent: 'bad',
  'no traffic': 'quiet',
  unknown: 'quiet',
  unasked: 'quiet',
} as const satisfies Readonly<Record<string, keyof typeof shapes>>;

export const Sign = ({ look }: { look: keyof typeof shapes }) => (
  <svg class={`sign ${look}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
    <path d={shapes[look]} />
  </svg>
);

export const Word = ({ state, text }: { state: keyof typeof looks; text?: string }) => {
  const look = looks[state];
  return (
    <span class={`word ${look}`}>
      <Sign look={look} /> {text ?? state}
    </span>
  );
};

/** How long everything takes. */
export interface Pace {
  readonly warmUpMs: number;
  readonly capacity: {
    readonly clients: readonly number[];
    readonly rounds: number;
    readonly roundMs: number;
  };
  /** How long C is looked for anew before a round. */
  readonly measureMs: number;
  readonly steady: { readonly rounds: number; readonly roundMs: number };
  readonly overload: { readonly rounds: number; readonly roundMs: number };
  readonly spike: { readonly calmMs: number; readonly spikeMs: number; readonly afterMs: number };
  /** More work must be done before it than elsewhere: code is compiled for longer than its callers notice. */
  readonly toolkit: {
    readonly warmUpMs: number;
    readonly rounds: number;
    readonly roundMs: number;
  };
  readonly isolation: {
    readonly rounds: number;
    readonly roundMs: number;
    readonly settleMs: number;
  };
  readonly amplificationMs: number;
  readonly refusalsMs: number;
  readonly soakMs: number;
  readonly memoryEveryMs: number;
}

/** About 26 minutes in all, of which ten are the soak. */
export const fullPace: Pace = {
  warmUpMs: 40_000,
  capacity: { clients: [2, 4, 8, 16, 32], rounds: 3, roundMs: 4_000 },
  measureMs: 3_000,
  steady: { rounds: 9, roundMs: 10_000 },
  overload: { rounds: 5, roundMs: 12_000 },
  spike: { calmMs: 15_000, spikeMs: 15_000, afterMs: 25_000 },
  toolkit: { warmUpMs: 60_000, rounds: 11, roundMs: 5_000 },
  isolation: { rounds: 10, roundMs: 8_000, settleMs: 3_000 },
  amplificationMs: 20_000,
  refusalsMs: 5_000,
  soakMs: 10 * 60_000,
  memoryEveryMs: 5_000,
};

/** Shows that everything works, and measures nothing. */
export const quickPace: Pace = {
  warmUpMs: 500,
  capacity: { clients: [2, 4], rounds: 1, roundMs: 500 },
  measureMs: 500,
  steady: { rounds: 1, roundMs: 1_000 },
  overload: { rounds: 1, roundMs: 3_000 },
  spike: { calmMs: 2_000, spikeMs: 2_000, afterMs: 4_000 },
  toolkit: { warmUpMs: 500, rounds: 2, roundMs: 300 },
  isolation: { rounds: 1, roundMs: 1_000, settleMs: 500 },
  amplificationMs: 1_500,
  refusalsMs: 500,
  soakMs: 3_000,
  memoryEveryMs: 200,
};

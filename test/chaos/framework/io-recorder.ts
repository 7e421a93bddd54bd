import type { CallWatch } from './injectors/aws-proxy.ts';

/** One call to a part: which, and what was asked, as the wire had it. */
export interface IoCall {
  readonly part: string;
  readonly call: string;
}

export type Side = 'before' | 'after';

/** Listens on the ways to the parts, and strikes at one of the calls. */
export interface IoRecorder {
  /** For the way to a part. */
  readonly watch: (part: string) => CallWatch;
  /** Writes down what it hears from now on, until it is asked for that. */
  readonly listen: () => void;
  readonly heard: () => readonly IoCall[];
  /**
   * Calls `strike` when a call is made for which `isIt` answers (it is told how many came since then), and
   * loses the call: before the part
   * has it, or after the part has done it and before its answer arrives. Once.
   */
  readonly strikeAt: (
    isIt: (call: IoCall, index: number) => boolean,
    side: Side,
    strike: () => void,
  ) => void;
  /** Whether it struck since it was told to. */
  readonly hasStruck: () => boolean;
}

export const ioRecorder = (): IoRecorder => {
  let heard: IoCall[] = [];
  let listening = false;
  let count = 0;
  let armed: { isIt: (call: IoCall, index: number) => boolean; side: Side; strike: () => void };
  const never = { isIt: () => false, side: 'before', strike: () => {} } as const;
  armed = never;
  let struck = false;
  const strike = (): 'lose' => {
    const { strike: now } = armed;
    armed = never;
    struck = true;
    now();
    return 'lose';
  };
  return {
    watch: (part) => {
      /** The places of the calls that wait for their answers, oldest first. */
      const open: number[] = [];
      return (call, phase) => {
        if (phase === 'sent') {
          const index = count;
          count += 1;
          if (listening) heard.push({ part, call });
          if (armed.side === 'before' && armed.isIt({ part, call }, index)) return strike();
          open.push(index);
          return 'pass';
        }
        const index = open.shift() ?? -1;
        return armed.side === 'after' && armed.isIt({ part, call }, index) ? strike() : 'pass';
      };
    },
    listen: () => {
      heard = [];
      listening = true;
    },
    heard: () => {
      listening = false;
      return heard;
    },
    strikeAt: (isIt, side, now) => {
      struck = false;
      count = 0;
      armed = { isIt, side, strike: now };
    },
    hasStruck: () => struck,
  };
};

export interface RunningTimerOptions {
  readonly afterMs: number;
  /** What the timer may still be set to, at most; zero: not again. */
  readonly leftMs: () => number;
  readonly elapsed: () => number;
}

/** A timer that goes off so much too late was held up here: the process was paused, or busy with something else. */
const heldUpMs = 100;

/**
 * A timer of the time in which this process runs. In Node's loop timers come before sockets: after a pause a
 * plain one would go off while the answer that it waits for lies there unread. This one is set again then.
 */
export class RunningTimer {
  private readonly options: RunningTimerOptions;
  private readonly onEnd: () => void;
  private timer: NodeJS.Timeout;
  private isHeldUp = false;

  constructor(options: RunningTimerOptions, onEnd: () => void) {
    this.options = options;
    this.onEnd = onEnd;
    this.timer = this.set(options.afterMs);
  }

  /** What lasted until now cannot be told from how long the process stood still. */
  get wasHeldUp(): boolean {
    return this.isHeldUp;
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private set(ms: number): NodeJS.Timeout {
    const { afterMs, leftMs, elapsed } = this.options;
    const dueMs = elapsed() + ms;
    return setTimeout(() => {
      const againMs = elapsed() - dueMs > heldUpMs ? Math.min(afterMs, leftMs()) : 0;
      if (againMs === 0) {
        this.onEnd();
        return;
      }
      this.isHeldUp = true;
      this.timer = this.set(againMs);
    }, ms);
  }
}

import { afterEach, beforeEach, vi } from 'vitest';

export interface CapturedOutput {
  /** All that was written to standard output and standard error in this test. */
  readonly text: () => string;
  /** The same, line by line, as JSON. */
  readonly lines: () => readonly Record<string, unknown>[];
  readonly forget: () => void;
}

/** Keeps what a test's code writes from the terminal, and for the test. */
export const capturedOutput = (): CapturedOutput => {
  let written: string[] = [];
  beforeEach(() => {
    written = [];
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => {
        written.push(String(text));
        return true;
      });
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const text = () => written.join('');
  return {
    text,
    lines: () => {
      const trimmed = text().trim();
      return trimmed === '' ? [] : trimmed.split('\n').map((line) => JSON.parse(line));
    },
    forget: () => {
      written = [];
    },
  };
};

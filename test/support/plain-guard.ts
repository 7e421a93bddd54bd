import type { CallGuard } from '@atlas/domain';

/** Makes every call once, and waits for as long as it takes. */
export const plainGuard: CallGuard = {
  run: (call) => call(new AbortController().signal),
  mayRetry: () => false,
};

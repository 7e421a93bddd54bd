import { atShutdown } from '@atlas/runtime';

/** Makes a thing at first use, and then always answers with the same one. */
export const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

/** The same for what holds connections: it is closed when the execution environment ends. */
export const connectedOnce = <T extends { close(): Promise<unknown> }>(make: () => T): (() => T) =>
  once(() => {
    const made = make();
    atShutdown(() => made.close());
    return made;
  });

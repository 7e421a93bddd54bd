import type { BuildOptions } from 'esbuild';

/**
 * How functions are bundled, wherever that is done. CommonJS, because plain Node looks into NODE_PATH (where
 * Lambda mounts layers) only for require().
 */
export const bundleOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // Not the identifiers: functions and errors are named in logs and in keys, and what would keep those
  // names (keepNames) defines a property on every closure, each time one is made.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  // Reading a variable asks the system, some thirty times a request: docs/adr/0034-environment-in-memory.md.
  banner: { js: '"use strict";process.env={...process.env};' },
  external: ['pg-native'],
  metafile: true,
  logLevel: 'warning',
  // In a bundle it is read only where __dirname is missing, which it is not.
  logOverride: { 'empty-import-meta': 'silent' },
} as const satisfies BuildOptions;

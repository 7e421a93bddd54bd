// npm runs this after an install: the commit hook formats, lints and checks types. It does nothing
// where there is no repository of our own (an archive, or a checkout inside of another).
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
if (existsSync(join(root, '.git'))) {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--git-path', 'hooks'], {
    cwd: root,
    encoding: 'utf8',
  });
  const hook = join(root, stdout.trim(), 'pre-commit');
  if (status === 0 && !existsSync(hook)) {
    mkdirSync(dirname(hook), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\nexec make pre-commit\n');
    chmodSync(hook, 0o755);
  }
}

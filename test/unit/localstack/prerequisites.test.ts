import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { demandPrerequisites } from '../../../localstack/prerequisites.ts';

const path = process.env.PATH;
let folder: string;

/** Programs that answer as the real ones do, in a PATH that has nothing else. */
const have = (programs: Readonly<Record<string, string>>): void => {
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
};

const enough = {
  python3: 'echo Python 3.11.2',
  java: `echo 'openjdk version "17.0.9" 2023-10-17' >&2`,
  mvn: 'echo Apache Maven 3.8.7',
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prerequisites-'));
  process.env.PATH = folder;
});

afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true });
});

describe('prerequisites', () => {
  it('are met by the oldest versions that are said to do', () => {
    have(enough);
    expect(demandPrerequisites).not.toThrow();
  });

  it('that are missing are all named at once, each with its fix', () => {
    have({ java: enough.java });
    expect(demandPrerequisites).toThrow(
      /Python 3\.11.*apt-get install python3\n.*python3-venv\n.*Maven is missing: apt-get install maven$/,
    );
  });

  it('that are too old count as missing', () => {
    have({
      ...enough,
      python3: 'echo Python 3.9.18',
      java: `echo 'openjdk version "11.0.20" 2023-07-18' >&2`,
    });
    expect(demandPrerequisites).toThrow(/Python 3\.11 or newer.*\n.*Java 17 or newer is missing/);
  });

  it('include the module that makes virtual environments, which Debian ships apart', () => {
    have({ ...enough, python3: '[ "$1" = -c ] && exit 1; echo Python 3.11.2' });
    expect(demandPrerequisites).toThrow(/venv module is missing: apt-get install python3-venv$/);
  });
});

/**
 * Adds up the reports that the runs of the test runner left in .atlas/reports: names on stderr each test
 * that failed, with the first line of the reason, and prints "PASSED FAILED" on stdout.
 */
import { globSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

interface Report {
  numPassedTests: number;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
}

const firstLine = (text: string | undefined): string => text?.split('\n', 1)[0] ?? '';

let passed = 0;
const failures: string[] = [];
for (const path of globSync('.atlas/reports/*.json')) {
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report;
  passed += report.numPassedTests;
  for (const file of report.testResults) {
    const name = relative(process.cwd(), file.name);
    const failed = file.assertionResults.filter(({ status }) => status === 'failed');
    for (const { fullName, failureMessages } of failed) {
      failures.push(`${name} > ${fullName}: ${firstLine(failureMessages[0])}`);
    }
    // A file that could not be run at all has no test that failed.
    if (file.status === 'failed' && failed.length === 0) {
      failures.push(`${name}: ${firstLine(file.message)}`);
    }
  }
}
for (const failure of failures) console.error(`failed: ${failure}`);
console.log(passed, failures.length);

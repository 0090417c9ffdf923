// `npm test`: installs, lints, builds, type-checks and tests every package, then says how many tests passed and failed.
import { join } from 'node:path';
import { root, run } from './pnpm.mjs';
import { checkNode, install, turbo } from './prepare.mjs';
import { removeReports, sumReports } from './test-report.mjs';

checkNode();
await install();

const lint = await run(process.execPath, [
  join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
  'check',
  '--error-on-warnings',
  '.',
]);

removeReports();
const tests = await turbo(
  [
    'run',
    'build',
    'typecheck',
    'test',
    '--continue',
    '--concurrency=2',
    '--output-logs=new-only',
    '--log-order=grouped',
  ],
  'inherit',
);

const sum = sumReports();
if (lint.status !== 0) {
  sum.failed += 1;
  sum.problems.push('biome check: see above; `npm run format` mends most of it');
}
if (tests.status !== 0 && sum.failed === 0) {
  sum.failed += 1;
  sum.problems.push('build or typecheck: see above');
}
console.log('');
for (const problem of sum.problems) console.log(`FAILED ${problem}`);
if (sum.skipped > 0) console.log(`${sum.skipped} skipped`);
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed === 0 ? 0 : 1;

// `npm test` and `npm run test:full`: install, lint, build, type-check and test every package, in Node and in a Chromium that
// they find or get, then say which files took longest and how many tests passed and failed.
import { join } from 'node:path';
import { versionOf } from './browser/find-chromium.mjs';
import { provideChromium } from './browser/provide-chromium.mjs';
import { root, run } from './pnpm.mjs';
import { checkNode, install, stop, turbo } from './prepare.mjs';
import { removeReports, slowestFiles, sumReports } from './test-report.mjs';
import { testTier } from './tier.mjs';

checkNode();
if (process.argv.includes('--full')) process.env.SLUICE_TESTS = 'full';
const tier = readTier();
process.env.SLUICE_TESTS = tier;
await install();

const chromium = await provideChromium().catch((error) => stop(error.message));
// The tests start it; turbo takes its version, not its path, into the cache keys of the packages that do.
process.env.SLUICE_CHROMIUM = chromium;
process.env.SLUICE_CHROMIUM_VERSION = versionOf(chromium) ?? 'unknown';

// One processor waits for the first builds, so the linter runs beside them.
const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
const linting = run(process.execPath, [biome, 'check', '--error-on-warnings', '.'], { output: 'capture' });

removeReports();
/** Builds, type-checks and tests some packages, two tasks at a time: with three, tests that measure time slow each other down. */
const check = (/** @type {string} */ packages) =>
  turbo(
    [
      'run',
      'build',
      'typecheck',
      'test',
      `--filter=${packages}`,
      '--continue',
      '--concurrency=2',
      '--output-logs=new-only',
      '--log-order=grouped',
    ],
    'inherit',
  );
// The tests of WebGPU keep two processors busy by themselves, and take twice as long beside others.
const WEBGPU = '@sluice/backend-webgpu';
const others = await check(`!${WEBGPU}`);
const webgpu = await check(WEBGPU);
const lint = await linting;
process.stdout.write(lint.text);

const sum = sumReports();
if (lint.status !== 0) {
  sum.failed += 1;
  sum.problems.push('biome check: see above; `npm run format` fixes most of it');
}
if (others.status + webgpu.status !== 0 && sum.failed === 0) {
  sum.failed += 1;
  sum.problems.push('build or typecheck: see above');
}
const SLOWEST = 10;
console.log(`\nThe ${SLOWEST} slowest test files:`);
for (const line of slowestFiles(sum.files, SLOWEST)) console.log(line);
console.log('');
for (const problem of sum.problems) console.log(`FAILED ${problem}`);
if (sum.skipped > 0) console.log(`${sum.skipped} skipped`);
if (tier === 'quick') console.log('These are the quick tests; `npm run test:full` runs all.');
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed === 0 ? 0 : 1;

function readTier() {
  try {
    return testTier();
  } catch (error) {
    return stop(/** @type {Error} */ (error).message);
  }
}

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** @import { BackendUnderTest, TestReport } from '../../packages/conformance/src/browser.js' */

const suite = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  'packages',
  'conformance',
  'dist',
  'index.js',
);

/** Failures that fit on a screen; the rest is counted. */
const MAX_FAILURES = 20;

/** Stands in for Vitest and counts tests. */
const countingVitest = `
export let count = 0;
export const describe = (name, declare) => declare();
export const test = () => { count += 1; };
export const beforeAll = () => {};
export const afterAll = () => {};
export const expect = () => {};
`;

/** @type {import('esbuild').Plugin} */
const replaceVitest = {
  name: 'counting instead of Vitest',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^vitest$/ }, ({ path }) => ({ path, namespace: 'counting' }));
    onLoad({ filter: /.*/, namespace: 'counting' }, () => ({ contents: countingVitest }));
  },
};

/**
 * How many tests the conformance suite declares for a selection of its cases, counted without running or importing Vitest.
 *
 * @param {Pick<BackendUnderTest<unknown, unknown>, 'tier' | 'cells' | 'level' | 'randomCells'>} selection
 * @returns {Promise<number>}
 */
export async function declaredTests(selection) {
  const options = JSON.stringify(selection);
  const { outputFiles } = await build({
    stdin: {
      contents: `import { testBackend } from ${JSON.stringify(suite)};
import { count } from 'vitest';
testBackend({ name: 'counted', create: () => {}, ...${options} });
export { count };`,
      resolveDir: dirname(suite),
    },
    plugins: [replaceVitest],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const [bundle] = outputFiles;
  const { count } = await import(`data:text/javascript,${encodeURIComponent(bundle?.text ?? '')}`);
  return count;
}

/**
 * The failures of a suite's report, one line for each test.
 *
 * @param {TestReport} report
 * @returns {string[]}
 */
export function failureTexts({ failures }) {
  const texts = failures.map(({ name, messages }) => `${name}: ${messages.join('; ')}`);
  const more = texts.length - MAX_FAILURES;
  return more > 0 ? [...texts.slice(0, MAX_FAILURES), `and ${more} more`] : texts;
}

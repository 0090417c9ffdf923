import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** @import { TestReport, Tier } from '../../packages/conformance/src/browser.js' */

const suite = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  'packages',
  'conformance',
  'dist',
  'index.js',
);

/** As many failures as fit on a screen; the rest is only counted. */
const SHOWN = 20;

/** What the suite imports of Vitest, reduced to counting. */
const counting = `
export let count = 0;
export const describe = (name, declare) => declare();
export const test = () => { count += 1; };
export const beforeAll = () => {};
export const afterAll = () => {};
export const expect = () => {};
`;

/** @type {import('esbuild').Plugin} */
const countingInsteadOfVitest = {
  name: 'counting instead of Vitest',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^vitest$/ }, ({ path }) => ({ path, namespace: 'counting' }));
    onLoad({ filter: /.*/, namespace: 'counting' }, () => ({ contents: counting }));
  },
};

/**
 * How many tests the conformance suite declares in a tier, counted without running or importing Vitest.
 *
 * @param {Tier} tier
 * @returns {Promise<number>}
 */
export async function declaredTests(tier) {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { testBackend } from ${JSON.stringify(suite)};
import { count } from 'vitest';
testBackend({ name: 'counted', create: () => {}, tier: ${JSON.stringify(tier)} });
export { count };`,
      resolveDir: dirname(suite),
    },
    plugins: [countingInsteadOfVitest],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const [bundle] = outputFiles;
  const { count } = await import(`data:text/javascript,${encodeURIComponent(bundle?.text ?? '')}`);
  return count;
}

/**
 * What a report of the suite says is wrong, a line a test.
 *
 * @param {TestReport} report
 * @returns {string[]}
 */
export function failureTexts({ failures }) {
  const texts = failures.map(({ name, messages }) => `${name}: ${messages.join('; ')}`);
  const more = texts.length - SHOWN;
  return more > 0 ? [...texts.slice(0, SHOWN), `and ${more} more`] : texts;
}

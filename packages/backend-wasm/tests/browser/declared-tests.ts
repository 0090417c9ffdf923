import { build, type Plugin } from 'esbuild';

/** What the suite imports of Vitest, reduced to counting. */
const counting = `
export let count = 0;
export const describe = (name, declare) => declare();
export const test = () => { count += 1; };
export const beforeAll = () => {};
export const expect = () => {};
`;

const countingInsteadOfVitest: Plugin = {
  name: 'counting instead of Vitest',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^vitest$/ }, ({ path }) => ({ path, namespace: 'counting' }));
    onLoad({ filter: /.*/, namespace: 'counting' }, () => ({ contents: counting }));
  },
};

/** How many tests the conformance suite declares, counted without running or importing Vitest. */
export async function declaredTests(): Promise<number> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { testBackend } from '@sluice/conformance';
import { count } from 'vitest';
testBackend({ name: 'counted', create: () => {} });
export { count };`,
      resolveDir: import.meta.dirname,
    },
    plugins: [countingInsteadOfVitest],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const { count } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
  return count;
}

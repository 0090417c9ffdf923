import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** Bundles a program with the built package; TensorFlow.js stays external. */
async function bundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: import.meta.dirname },
    external: ['@tensorflow/*'],
    bundle: true,
    format: 'esm',
    write: false,
  });
  return outputFiles[0].text;
}

const CLASSES = [
  'GRU',
  'LSTM',
  'SRU',
  'SimpleRNN',
  'RNN',
  'Bidirectional',
  'Embedding',
  'Orthogonal',
  'ClippedOptimizer',
];

test('a bundle keeps the registrations and the methods of tensors, and drops unused functions', async () => {
  const text = await bundle(
    "import { loadLayersModel } from '@sluice/layers';\nconsole.log(loadLayersModel);",
  );
  for (const name of CLASSES) expect(text).toContain(`"Sluice${name}"`);
  expect(text).toContain('registerGradient({');
  expect(text).toContain('"unsortedSegmentSum"');
  expect(text).not.toContain('navigator.gpu is undefined');
  const withSelect = await bundle("export { selectBackend } from '@sluice/layers';");
  expect(withSelect).toContain('navigator.gpu is undefined');
});

test('the readers of files are not loaded before loadModel is called', async () => {
  const { metafile } = await build({
    stdin: { contents: "export { accelerate, gru } from '@sluice/layers';", resolveDir: import.meta.dirname },
    external: ['@tensorflow/*', 'node:*'],
    bundle: true,
    splitting: true,
    format: 'esm',
    write: false,
    outdir: 'bundle',
    metafile: true,
  });
  const { outputs } = metafile;
  const loaded = new Set(Object.keys(outputs).filter((file) => outputs[file].entryPoint === '<stdin>'));
  for (const file of loaded) {
    for (const { path, kind } of outputs[file].imports) {
      if (kind === 'import-statement' && path in outputs) loaded.add(path);
    }
  }
  const used = [...loaded].flatMap((file) =>
    Object.entries(outputs[file].inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    ),
  );
  expect(used.length).toBeGreaterThan(50);
  expect(used.filter((path) => path.includes('formats/'))).toEqual([]);
});

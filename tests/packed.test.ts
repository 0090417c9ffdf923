import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Consumer,
  compileProgram,
  compiler,
  compilerOptions,
  createConsumer,
  publishable,
} from './packing.js';
import { root, type WorkspacePackage } from './workspace.js';

/** A user's program after `npm install`: compiled against the packed declarations, then run. */
const program = `
import '@sluice/backend-cpu';
import '@sluice/backend-wasm';
import { createWasmBackend } from '@sluice/backend-wasm/engine';
import { cells, planFor, referenceForward } from '@sluice/core';
import { dense, embedding, gru, selectBackend, sequential } from '@sluice/layers';
import * as tf from '@tensorflow/tfjs-core';

const plan = planFor(cells.gru({ resetAfter: false }), { inputSize: 1, units: 1 });
const zeros = referenceForward(plan, {
  batch: 1,
  timesteps: 2,
  x: new Float64Array(2),
  parameters: [new Float64Array(3), new Float64Array(3), new Float64Array(3)],
});

await createWasmBackend();
const { backend } = await selectBackend();

const model = sequential({
  layers: [
    embedding({ inputDim: 7, outputDim: 4, inputLength: 5 }),
    gru({ units: 3, returnSequences: true }),
    gru({ units: 2 }),
    dense({ units: 1, activation: 'sigmoid' }),
  ],
});
model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
const x: tf.Tensor = tf.tensor2d([[1, 2, 3, 4, 5], [6, 5, 4, 3, 2]], [2, 5], 'int32');
const y = tf.tensor2d([[0], [1]]);
const history = await model.fit(x, y, { epochs: 30, verbose: 0 });
const prediction = model.predict(x) as tf.Tensor;
console.log(JSON.stringify({ backend, zeros: [...zeros.sequence], losses: history.history.loss, shape: prediction.shape }));
`;

/** The names under which a package can be imported. */
const listSpecifiers = ({ manifest }: WorkspacePackage) =>
  Object.keys(manifest.exports ?? {}).map((subpath) => join(manifest.name, subpath));

/** Imports every subpath. It does not compile if types are missing or `any`. */
const typed = `
import { gru } from '@sluice/layers';
import { createCpuBackend } from '@sluice/backend-cpu/engine';
${publishable
  .flatMap(listSpecifiers)
  .map((specifier, i) => `export * as subpath${i} from '${specifier}';`)
  .join('\n')}
// @ts-expect-error
gru({ units: 'three' });
// @ts-expect-error
createCpuBackend().upload('three');
`;

let consumer: Consumer;

beforeAll(async () => {
  consumer = await createConsumer();
});
afterAll(() => consumer?.remove());

describe.each(publishable)('$manifest.name, packed', ({ manifest }) => {
  const tarball = () => readFileSync(consumer.tarballs.get(manifest.name)!);

  test('publint finds no problem', async () => {
    const { buffer, byteOffset, byteLength } = tarball();
    const packed = buffer.slice(byteOffset, byteOffset + byteLength);
    const { messages, pkg } = await publint({ pack: { tarball: packed }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg!, { color: false }))).toEqual([]);
  });

  // A package without exports, which is a command, has no types.
  if (manifest.exports) {
    test('Are The Types Wrong finds no problem', async () => {
      const result = await checkPackage(createPackageFromTarballData(tarball()));
      if (!result.types) throw new Error(`${manifest.name} has no types`);
      // All packages are ES modules, which `require` loads since Node 20.19.
      const problems = result.problems.filter(({ kind }) => kind !== 'CJSResolvesToESM');
      expect(problems).toEqual([]);
    });
  }

  test('no dependency has a workspace range', () => {
    const path = join(consumer.folder, 'node_modules', manifest.name, 'package.json');
    const { dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(path, 'utf8'));
    const ranges = Object.values<string>({ ...dependencies, ...peerDependencies });
    expect(ranges.filter((range) => range.includes(':'))).toEqual([]);
  });

  // The suite of layers declares tests, so only Vitest can load it.
  for (const subpath of Object.keys(manifest.exports ?? {}).filter((name) => name !== './testing')) {
    test(`"${subpath}" can be imported`, async () => {
      const specifier = join(manifest.name, subpath);
      const source = `console.log(JSON.stringify(Object.keys(await import('${specifier}'))))`;
      const output = await consumer.run(process.execPath, ['--input-type=module', '-e', source]);
      expect(Array.isArray(JSON.parse(output.trim().split('\n').at(-1)!))).toBe(true);
    });
  }

  for (const name of Object.keys(manifest.bin ?? {})) {
    test(`the command ${name} starts`, async () => {
      const output = await consumer.run(join(consumer.folder, 'node_modules/.bin', name), ['--help']);
      expect(output).toMatch(/usage/i);
    });
  }
});

describe('a new project with the packed packages', () => {
  test('compiles against the declarations, trains a GRU and predicts', async () => {
    await compileProgram(consumer, consumer.folder, program);
    const output = await consumer.run(process.execPath, ['program.js']);
    const result = JSON.parse(output.trim().split('\n').at(-1)!);
    expect(result).toMatchObject({ backend: 'wasm', zeros: [0, 0], shape: [2, 1] });
    const losses: number[] = result.losses;
    expect(losses.length).toBe(30);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
  });

  // Many projects still compile with `node10`, which TypeScript 7 has removed.
  const typescript5 = join(root, 'tests/node_modules/typescript-5/bin/tsc');
  test.each([
    ['node10', 'ESNext', typescript5],
    ['node16', 'Node16', compiler],
    ['bundler', 'ESNext', compiler],
  ])(
    'TypeScript with moduleResolution %s finds the types of every subpath',
    async (moduleResolution, module, tsc) => {
      writeFileSync(join(consumer.folder, 'program.ts'), program);
      writeFileSync(join(consumer.folder, 'typed.ts'), typed);
      const file = `tsconfig.${moduleResolution}.json`;
      const options = { ...compilerOptions, module, moduleResolution, noEmit: true };
      writeFileSync(
        join(consumer.folder, file),
        JSON.stringify({ compilerOptions: options, files: ['program.ts', 'typed.ts'] }),
      );
      await consumer.run(process.execPath, [tsc, '-p', file, '--pretty', 'false']);
    },
  );

  test('Vitest loads the suites', async () => {
    const suite = `import { testBackend } from '@sluice/conformance';
import { testLayers } from '@sluice/layers/testing';
import { expect, test } from 'vitest';
test('the packages load', () => { expect([typeof testBackend, typeof testLayers]).toEqual(['function', 'function']); });`;
    writeFileSync(join(consumer.folder, 'suite.test.js'), suite);
    const vitest = join(consumer.folder, 'node_modules/vitest/vitest.mjs');
    const output = await consumer.run(process.execPath, [vitest, 'run', '--root', consumer.folder]);
    expect(output).toMatch(/1 passed/);
  });
});

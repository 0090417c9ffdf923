/**
 * Writes models for PyTorch and asappresearch/sru: `node scripts/write-torch-cases.mjs DIR`, after a build. Beside each is what the float64
 * reference computes. See check_torch.py.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cellFrom, cells, planFor, referenceForward } from '@sluice/core';
import { writeModel } from '../dist/write.js';

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const [BATCH, TIMESTEPS, INPUTS, UNITS] = [2, 4, 3, 2];
const numbers = (length, seed) =>
  Float32Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));
const options = {
  simpleRnn: [{}, { activation: 'relu' }, { activation: 'gelu' }],
  gru: [{}, { resetAfter: false }, { useBias: false }],
  lstm: [{}, { peephole: true }, { recurrentActivation: 'hardSigmoid' }],
};
const cases = [];
for (const name of Object.keys(cells)) {
  for (const [o, given] of (options[name] ?? [{}]).entries()) {
    for (const directions of [1, 2]) {
      const cell = cellFrom({ name, options: given });
      const sizes = { inputSize: INPUTS, units: UNITS };
      const plan = planFor(cell, sizes);
      const weights = Array.from({ length: directions }, (_, d) =>
        Object.fromEntries(
          plan.parameters.map(({ name: parameter, shape }, i) => [
            parameter,
            numbers(
              shape.reduce((a, b) => a * b, 1),
              i + 10 * d + o,
            ).map((v) => v * 0.6),
          ]),
        ),
      );
      const layer = {
        kind: 'recurrent',
        name: 'rnn',
        cell: { name, options: given },
        sizes,
        directions: weights.map((own, d) => ({ goBackwards: d === 1, weights: own })),
        call: { returnSequences: true },
      };
      const x = numbers(BATCH * TIMESTEPS * INPUTS, 5);
      const outputs = weights.map((own, d) => {
        const inputs = {
          batch: BATCH,
          timesteps: TIMESTEPS,
          x: Float64Array.from(x),
          parameters: plan.parameters.map(({ name: parameter }) => Float64Array.from(own[parameter])),
          reverse: d === 1,
        };
        return referenceForward(plan, inputs).sequence;
      });
      const output = Array.from({ length: BATCH * TIMESTEPS }, (_, row) =>
        outputs.flatMap((sequence) => [...sequence.subarray(row * UNITS, (row + 1) * UNITS)]),
      ).flat();
      const file = `${name}_${o}_${directions}`;
      const model = { format: 'pytorch', layers: [layer], tensors: [], notes: [] };
      for (const [path, bytes] of await writeModel(model, 'pytorch', { name: file })) {
        writeFileSync(join(folder, path), bytes);
      }
      cases.push({ file, x: [...x], output });
    }
  }
}
writeFileSync(join(folder, 'cases.json'), JSON.stringify({ batch: BATCH, timesteps: TIMESTEPS, cases }));

import { cells, planFor } from '@sluice/core';
import type { SequenceInputs } from '@sluice/core/backend';
import { expect, test } from 'vitest';
import { createWasmBackend, createWasmInference, type WasmInference } from '../../src/engine.js';

const plan = planFor(cells.lstm(), { inputSize: 3, units: 5 });
const [batch, timesteps] = [4, 6];
const numbers = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(seed + i * i));

type Input = Parameters<WasmInference['release']>[0];

const inputsOn = (backend: WasmInference): SequenceInputs<Input> => ({
  batch,
  timesteps,
  x: backend.upload(numbers(batch * timesteps * plan.inputSize, 1)),
  parameters: plan.parameters.map(({ shape }, i) =>
    backend.upload(
      numbers(
        shape.reduce((a, b) => a * b, 1),
        i,
      ),
    ),
  ),
  lengths: [6, 0, 3, 5],
});

test('createWasmInference gives the same bits as the whole backend, also step by step', async () => {
  const options = { threads: 1 };
  const [inference, whole] = [await createWasmInference(options), await createWasmBackend(options)];
  const run = async (backend: WasmInference) => {
    const { sequence, states } = backend.forward(plan, inputsOn(backend));
    const x = backend.upload(numbers(batch * plan.inputSize, 2));
    const { parameters } = inputsOn(backend);
    const step = backend.forward(plan, { batch, timesteps: 1, x, parameters, initialStates: states });
    return Promise.all([sequence, ...states, step.sequence].map((buffer) => backend.download(buffer)));
  };
  const results = await run(inference);
  expect(results[0].some((value) => value !== 0)).toBe(true);
  expect(results).toEqual(await run(whole));
  expect(inference.threads).toBe(1);
});

test('createWasmInference has no gradient, and refuses to keep values for one', async () => {
  const inference = await createWasmInference({ threads: 1 });
  expect(inference).not.toHaveProperty('gradient');
  const keeping = inference.forward as (
    ...args: [...Parameters<typeof inference.forward>, boolean]
  ) => unknown;
  expect(() => keeping(plan, inputsOn(inference), true)).toThrow(
    /wasm backend runs plans forward alone.*createWasmBackend/,
  );
  expect(() => inference.forward(plan, { ...inputsOn(inference), masks: 1 } as never)).toThrow(
    /no input 'masks'/,
  );
});

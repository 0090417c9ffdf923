import { cells, planFor } from '@sluice/core';
import { createWasmBackend, type WasmBackend } from '../../src/engine.js';

const [batch, timesteps, units] = [64, 8, 96];
const plan = planFor(cells.lstm(), { inputSize: units, units });

const wave = (length: number, seed: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * 0.37 + seed) / 4);

/** The outputs of a layer large enough to be shared. */
async function outputsOf(backend: WasmBackend): Promise<Float32Array> {
  const inputs = {
    batch,
    timesteps,
    x: backend.upload(wave(batch * timesteps * units, 1)),
    parameters: plan.parameters.map(({ shape }, i) =>
      backend.upload(
        wave(
          shape.reduce((a, b) => a * b),
          i,
        ),
      ),
    ),
  };
  return backend.download(backend.forward(plan, inputs).sequence);
}

async function run() {
  const messages: unknown[] = [];
  console.info = (text: unknown) => messages.push(text);
  const one = await outputsOf(await createWasmBackend({ threads: 1 }));
  const backend = await createWasmBackend({ threads: 3 });
  const differences: number[] = [];
  const { threads } = backend;
  // The first pass runs before the workers start, the last after they have ended.
  for (let time = 0; time < 4; time++) {
    const outputs = await outputsOf(backend);
    differences.push(outputs.filter((value, i) => value !== one[i]).length);
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (time === 2) backend.stopThreads();
  }
  const scripts = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/worker.js'));
  return { threads: [threads, backend.threads], differences, workers: scripts.length, messages };
}

Object.assign(globalThis, { result: run() });

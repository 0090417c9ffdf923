/**
 * Measures streams beside other runtimes, all on one thread of this process, in rounds that alternate.
 *
 * After a build, in this folder: node scripts/streams.mjs [--silero silero_vad.onnx] [--dtln dtln.h5] [--rnnoise FOLDER]
 * Without a file, its rows are left out. FOLDER is `dist` of the npm package @jitsi/rnnoise-wasm.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cells, planFor } from '@sluice/core';
import { concatenate, dense, network, recurrent } from '@sluice/core/network';
import { uniformStream } from '@sluice/core/random';
import { createStream } from '@sluice/stream';
import { fromOnnx } from '@sluice/stream/onnx';
import * as ort from 'onnxruntime-web';
import { dtln, dtlnWeights, HOP } from '../../../packages/stream/scripts/dtln-network.mjs';
import { onnxModel } from '../dist/contenders/onnx-model.js';

ort.env.wasm.numThreads = 1;
const text = { type: /** @type {const} */ ('string') };
const { values: files } = parseArgs({ options: { silero: text, dtln: text, rnnoise: text } });

const random = uniformStream(1);
const numbers = (length, scale = 0.5) => Float32Array.from({ length }, () => (2 * random() - 1) * scale);
const weightsOf = (source) =>
  Object.fromEntries(
    (source.cell ? planFor(source.cell, source) : planFor(source, source.sizes)).parameters.map(
      ({ name, shape }) => [
        name,
        numbers(
          shape.reduce((product, size) => product * size, 1),
          0.1,
        ),
      ],
    ),
  );

/**
 * Prints the best and the median time of a frame of each runtime, in microseconds. A runtime is a function that computes as
 * many frames as it is told.
 */
async function compare(title, runtimes, { frames = 200, rounds = 60 } = {}) {
  const times = Object.fromEntries(Object.keys(runtimes).map((name) => [name, []]));
  for (let round = 0; round < rounds + 10; round++) {
    for (const [name, run] of Object.entries(runtimes)) {
      const start = performance.now();
      await run(frames);
      // The first rounds compile.
      if (round >= 10) times[name].push(((performance.now() - start) / frames) * 1000);
    }
  }
  for (const [name, all] of Object.entries(times)) {
    all.sort((a, b) => a - b);
    console.log(`| ${title} | ${name} | ${all[0].toFixed(1)} | ${all[all.length >> 1].toFixed(1)} |`);
  }
}

/** Computes frames of random numbers. */
async function streamOf(source, weights, quantize) {
  const stream = await createStream(source, { weights, ...(quantize && { quantize }) });
  const frame = numbers(stream.inputSize);
  return (count) => {
    for (let i = 0; i < count; i++) stream.process(frame);
  };
}

/** A model whose outputs of states are its inputs in the next frame. */
async function sessionOf(model, feeds, states) {
  const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
  const inputs = { ...feeds };
  return async (count) => {
    for (let i = 0; i < count; i++) {
      const results = await session.run(inputs);
      for (const [input, output] of states) inputs[input] = results[output];
    }
  };
}

const tensor = (shape) => new ort.Tensor('float32', numbers(shape.reduce((a, b) => a * b)), shape);

async function steps(cell, units, states) {
  const source = { cell: cells[cell](), inputSize: units, units };
  const weights = weightsOf(source);
  const { parameters } = planFor(source.cell, source);
  const problem = {
    plan: planFor(source.cell, source),
    parameters: parameters.map(({ name }) => weights[name]),
  };
  const shape = [1, 1, units, units];
  const feeds = Object.fromEntries(states.map((state) => [`initial_${state}`, tensor([1, 1, units])]));
  await compare(`a step of ${cell} ${units}`, {
    float32: await streamOf(source, weights),
    int8: await streamOf(source, weights, 'int8'),
    ...(states.length > 0 && {
      'onnxruntime-web': await sessionOf(
        onnxModel(problem, { name: cell, options: {} }, shape, true),
        { X: tensor([1, 1, units]), ...feeds },
        states.map((state) => [`initial_${state}`, `Y_${state}`]),
      ),
    }),
  });
}

async function silero(path) {
  const model = await fromOnnx(path, { sizes: { sequence: 576 }, inputs: { sr: 16000 } });
  const feeds = {
    input: tensor([1, 576]),
    state: new ort.Tensor('float32', new Float32Array(256), [2, 1, 128]),
    sr: new ort.Tensor('int64', BigInt64Array.of(16000n), []),
  };
  const runtimes = {
    fromOnnx: await streamOf(model.network, model.weights),
    'fromOnnx, int8': await streamOf(model.network, model.weights, 'int8'),
    'onnxruntime-web': await sessionOf(new Uint8Array(readFileSync(path)), feeds, [['state', 'stateN']]),
  };
  await compare('Silero VAD, 32 ms', runtimes, { frames: 50 });
}

/** RNNoise's layers on its 42 features (Valin 2018, arXiv:1709.08243): gains of 22 bands, and the probability of speech. */
const bands = network({
  name: 'bands',
  source: 'arXiv:1709.08243',
  inputSize: 42,
  build: (features, use) => {
    const gru = (name, units, ...inputs) =>
      use(name, recurrent({ cell: cells.gru(), units }), concatenate(...inputs));
    const input = use('input', dense({ units: 24, activation: 'tanh' }), features);
    const voice = gru('voice', 24, input);
    const noise = gru('noise', 48, input, voice, features);
    const denoise = gru('denoise', 96, voice, noise, features);
    const gains = use('gains', dense({ units: 22, activation: 'sigmoid' }), denoise);
    return concatenate(gains, use('probability', dense({ units: 1, activation: 'sigmoid' }), voice));
  },
});

async function rnnoise(folder) {
  const copy = mkdtempSync(join(tmpdir(), 'rnnoise-'));
  // The package's file is a module without saying so.
  copyFileSync(join(folder, 'rnnoise.js'), join(copy, 'rnnoise.mjs'));
  const { default: create } = await import(join(copy, 'rnnoise.mjs'));
  const module = await create({ wasmBinary: readFileSync(join(folder, 'rnnoise.wasm')) });
  rmSync(copy, { recursive: true });
  const state = module._rnnoise_create();
  const samples = module._malloc(480 * 4);
  const frame = numbers(480, 1000);
  const runtimes = {
    'RNNoise, with its features and its sound': (count) => {
      for (let i = 0; i < count; i++) {
        module.HEAPF32.set(frame, samples / 4);
        module._rnnoise_process_frame(state, samples, samples);
      }
    },
    'its layers alone, random weights': await streamOf(bands, weightsOf(bands)),
  };
  await compare('noise suppression, 10 ms', runtimes);
}

console.log(
  `${cpus()[0].model}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}; microseconds\n`,
);
console.log('| computation | runtime | best | median |\n|---|---|---|---|');
await steps('gru', 128, ['h']);
await steps('lstm', 128, ['h', 'c']);
await steps('sru', 128, []);
await steps('gru', 512, ['h']);
if (files.silero) await silero(files.silero);
if (files.dtln) {
  const weights = await dtlnWeights(files.dtln);
  await compare(`DTLN, ${HOP / 16} ms`, {
    float32: await streamOf(dtln, weights),
    int8: await streamOf(dtln, weights, 'int8'),
  });
}
if (files.rnnoise) await rnnoise(files.rnnoise);

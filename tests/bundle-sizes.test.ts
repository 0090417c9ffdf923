import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bundlers, type Loaded, loadPage } from './build-page.js';
import { root } from './workspace.js';

const fixture = (name: string) => join(root, 'packages/formats/fixtures', name);

/** A page that runs a cell on an engine. It imports something later, as most pages do: Vite then adds code of its own. */
const ENGINE = `
import { createCpuBackend } from '@sluice/backend-cpu/engine';
import { cells, planFor } from '@sluice/core';
globalThis.page = [createCpuBackend, cells, planFor, () => import('./workspace.js')];`;

/** A page that runs one cell forward. Its threads load when it has any: pages that are not isolated have none. */
const INFERENCE = `
import { createWasmInference } from '@sluice/backend-wasm/engine';
import { planFor } from '@sluice/core';
import { gru } from '@sluice/core/cells';
globalThis.run = async (inputs) => {
  const engine = await createWasmInference();
  return engine.forward(planFor(gru(), { inputSize: 3, units: 4 }), inputs);
};`;

const SAFETENSORS = `
import { readSafetensors } from '@sluice/formats/safetensors';
globalThis.read = (bytes) => readSafetensors({ name: 'model.safetensors', bytes });`;

const LAYERS_MODEL = `
import { readLayersModel } from '@sluice/formats/layers-model';
globalThis.read = (bytes, sibling) => readLayersModel({ name: 'model.json', bytes, sibling });`;

const ANY = `
import { readModel } from '@sluice/formats';
globalThis.read = (bytes, sibling) => readModel(bytes);`;

const RUNTIME = `
import { createStreamSync } from '@sluice/stream/runtime';
globalThis.page = createStreamSync;`;

const STREAM = `
import { gru } from '@sluice/core/cells';
import { dense, network, recurrent } from '@sluice/core/network';
import { createStream } from '@sluice/stream';
globalThis.page = [createStream, gru, dense, network, recurrent];`;

/** Modules that only large readers need: HDF5, ONNX, zip archives and pickles. */
const HDF5 = /jsfive|h5wasm|keras\/hdf5\.js/;
const ONNX = /protobuf|onnx\/read\.js/;
const ARCHIVES = /fflate|pickle\.js/;

/** Modules that inference does without. */
const GRADIENT = /gradient|saved-length/;
const OTHER_CELLS = /cells\/(lstm|sru|s6|cfc)\.js/;
const THREADS = /threads\/(pool|work-queue|jobs)\.js/;

const matching = ({ modules }: Loaded, ...patterns: RegExp[]) =>
  modules.filter((module) => patterns.some((pattern) => pattern.test(module)));

describe.each(Object.keys(bundlers))('a page built by %s', (bundler) => {
  test.each([
    ['safetensors', SAFETENSORS, 'safetensors/cells.safetensors', 5000],
    ['layers-model', LAYERS_MODEL, 'layers-model/model.json', 5000],
  ])('reading %s as layers adds little to an engine', async (_, reader, file, limit) => {
    const before = await loadPage(bundler, ENGINE, fixture(file));
    const after = await loadPage(bundler, ENGINE + reader, fixture(file));
    expect(after.bytes - before.bytes).toBeGreaterThan(1000);
    expect(after.bytes - before.bytes).toBeLessThan(limit);
  });

  test('an engine for inference, a cell and its plan are small, without gradient, other cells and threads', async () => {
    const page = await loadPage(bundler, INFERENCE, fixture('safetensors/cells.safetensors'));
    expect(matching(page, GRADIENT, OTHER_CELLS, THREADS)).toEqual([]);
    expect(matching(page, /forward-loop\.js/, /cells\/gru\.js/)).toHaveLength(2);
    expect(page.bytes).toBeGreaterThan(10_000);
    expect(page.bytes).toBeLessThan(bundler === 'vite' ? 25_100 : 25_800);
  });

  test('streams of compiled networks, and networks of blocks with their compiler, are small', async () => {
    const file = fixture('safetensors/cells.safetensors');
    const runtime = await loadPage(bundler, RUNTIME, file);
    expect(runtime.bytes).toBeGreaterThan(1000);
    expect(runtime.bytes).toBeLessThan(3000);
    const stream = await loadPage(bundler, STREAM, file);
    expect(stream.bytes).toBeLessThan(25_000);
    // Gradients, frames on typed arrays, and weights in 8 bits.
    expect(matching(stream, /gradient|backend-cpu|integer|quantized-r/)).toEqual([]);
  });

  test('readModel loads the readers of HDF5 and ONNX for such files alone', async () => {
    const read = (file: string) => loadPage(bundler, ANY, fixture(file));
    const small = await read('safetensors/cells.safetensors');
    expect(matching(small, HDF5, ONNX, ARCHIVES)).toEqual([]);
    expect(matching(small, /safetensors\/read\.js/)).toHaveLength(1);
    const hdf5 = await read('keras-h5/classifier.h5');
    expect(matching(hdf5, ONNX)).toEqual([]);
    expect(matching(hdf5, HDF5)).not.toEqual([]);
    const onnx = await read('onnx/branches.onnx');
    expect(matching(onnx, HDF5)).toEqual([]);
    expect(matching(onnx, ONNX)).not.toEqual([]);
  });
});

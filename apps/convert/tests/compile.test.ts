import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { readModel } from '@sluice/formats';
import { createStream } from '@sluice/stream';
import { fromModel } from '@sluice/stream/model';
import { fromOnnx } from '@sluice/stream/onnx';
import { describe, expect, test } from 'vitest';
import { scratchFolder, sluice } from './command-line.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../packages/stream/fixtures/onnx/${name}.onnx`, import.meta.url));
const ofKeras = (name: string) =>
  fileURLToPath(new URL(`../../../packages/stream/fixtures/keras/${name}.keras`, import.meta.url));
const spectral = fixture('spectral');

/** The outputs of `createStream` for some frames. */
async function expectedOf(quantize?: 'int8' | 'float16') {
  const { network, weights } = await fromOnnx(spectral);
  const stream = await createStream(network, { weights, quantize });
  const frames = [1, 2, 3].map((seed) =>
    Array.from({ length: stream.inputSize }, (_, i) => Math.sin(i * seed)),
  );
  return { frames, results: frames.map((frame) => Array.from(stream.process(frame))) };
}

/** Runs the written program in a process of its own. */
function runWritten(folder: string, load: string, frames: readonly number[][], name = 'spectral') {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const program = `
    import { readFileSync } from 'node:fs';
    import { createStream, loadStream } from './${name}.js';
    const stream = ${load};
    console.log(JSON.stringify(${JSON.stringify(frames)}.map((frame) => Array.from(stream.process(frame)))));`;
  const args = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', program];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })) as number[][];
}

describe('sluice compile', () => {
  test('writes a module and a program with the numbers of createStream', async () => {
    const folder = join(scratchFolder(), 'new');
    const { status, output } = await sluice('compile', spectral, '--out', folder);
    expect(status).toBe(0);
    expect(output).toMatch(
      /spectral\.js \(8\.\d kB\), .*spectral\.d\.ts .*spectral\.wasm .*\n.*18 numbers, a result 17/,
    );
    expect(readdirSync(folder).sort()).toEqual(['spectral.d.ts', 'spectral.js', 'spectral.wasm']);
    const { frames, results } = await expectedOf();
    const load = "createStream(await WebAssembly.compile(readFileSync('spectral.wasm')))";
    expect(runWritten(folder, load, frames)).toEqual(results);
    expect(readFileSync(join(folder, 'spectral.d.ts'), 'utf8')).toContain('const inputSize: 18;');
  });

  test.each(['int8', 'float16'] as const)('with weights beside, as %s', async (quantize) => {
    const folder = scratchFolder();
    const flags = ['--out', folder, '--weights', 'beside', '--quantize', quantize];
    expect((await sluice('compile', spectral, ...flags)).status).toBe(0);
    const { frames, results } = await expectedOf(quantize);
    const load = "await loadStream(readFileSync('spectral.wasm'), readFileSync('spectral.weights'))";
    expect(runWritten(folder, load, frames)).toEqual(results);
  });

  test('a model of Keras, a frame of several time steps', async () => {
    const folder = scratchFolder();
    const args = [ofKeras('frames'), '--out', folder, '--size', 'timesteps=8'];
    const { status, error } = await sluice('compile', ...args);
    expect(status).toBe(0);
    expect(error).toMatch(/^note: /);
    const { network, weights } = fromModel(await readModel(ofKeras('frames')), { timesteps: 8 });
    const stream = await createStream(network, { weights });
    const frame = Array.from({ length: stream.inputSize }, (_, i) => Math.sin(i));
    const load = "await loadStream(readFileSync('frames.wasm'))";
    expect(runWritten(folder, load, [frame], 'frames')).toEqual([Array.from(stream.process(frame))]);
  });

  test('--iife sets a variable of the name', async () => {
    const folder = scratchFolder();
    const { status } = await sluice('compile', spectral, '--out', folder, '--iife', '--name', 'vad');
    expect(status).toBe(0);
    const module = new WebAssembly.Module(readFileSync(join(folder, 'vad.wasm')));
    const { frames, results } = await expectedOf();
    const globals = { WebAssembly, Float32Array, Uint8Array, module, frames, outputs: [] as number[][] };
    const use =
      'const stream = vad.createStream(module); outputs = frames.map((f) => Array.from(stream.process(f)))';
    runInNewContext(`${readFileSync(join(folder, 'vad.js'), 'utf8')}; ${use}`, globals);
    expect(globals.outputs.map((values) => [...values])).toEqual(results);
  });

  test('refuses what it cannot write', async () => {
    const folder = scratchFolder();
    const errorOf = async (...args: string[]) => (await sluice('compile', ...args, '--out', folder)).error;
    expect(await errorOf(fixture('detector'))).toMatch(/give the size 'samples'.*\n.*--size NAME=NUMBER/);
    expect(await errorOf(spectral, '--name', 'my net')).toMatch(/--name my net: it must be an identifier/);
    expect(await errorOf('model.keras')).toMatch(/model\.keras.*there is no such file/);
    expect(await errorOf(ofKeras('causal'), '--input', 'sr=1')).toMatch(/--input is for \.onnx files/);
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, 'spectral.js'), 'mine');
    expect(await errorOf(spectral)).toMatch(/spectral\.js: exists already\. Add --force/);
    expect(readFileSync(join(folder, 'spectral.js'), 'utf8')).toBe('mine');
    expect(await errorOf(spectral, '--force')).toBe('');
    expect((await sluice('compile', spectral)).status).toBe(2);
  });
});

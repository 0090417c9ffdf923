import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { cells } from '@sluice/core';
import { conv1d, dense, magnitude, network, recurrent, reshape, stft } from '@sluice/core/network';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { moduleStreams } from '../src/ahead/module-streams.js';
import { type StreamModule, writeStreamModule } from '../src/ahead/write-stream-module.js';
import { widenFloat16 } from '../src/float16.js';
import { compileModule, compileStream, createStreamSync, Stream } from '../src/index.js';
import { streamsIn } from '../src/wasm-streams.js';
import { numbers, weightsOf } from './problem.js';

const net = network({
  name: 'net',
  inputSize: 32,
  build: (x, use) => {
    const encoded = use(
      'conv',
      conv1d({ filters: 6, kernelSize: 8, strides: 4, padding: 'causal' }),
      use('in', reshape(32), x),
    );
    const memory = use('gru', recurrent({ cell: cells.gru(), units: 9, returnSequences: false }), encoded);
    return use('out', dense({ units: 2, activation: 'sigmoid' }), memory);
  },
});
const model = compileStream(net, weightsOf(net, 1));
const frames = Array.from({ length: 5 }, (_, i) => Array.from(numbers(i + 10)(32)));
const outputsOf = (stream: Stream) => frames.map((frame) => Array.from(stream.process(frame)));
const expected = outputsOf(createStreamSync(model));

const { createStream, loadStream } = moduleStreams(Stream, streamsIn, widenFloat16);
const inside = writeStreamModule(model);
const beside = writeStreamModule(model, { weights: 'beside' });
const compiled = (wasm: Uint8Array<ArrayBuffer>) => new WebAssembly.Module(wasm);

describe('a module with a memory of its own', () => {
  test('has the numbers of a stream in Node, with weights inside and beside', async () => {
    expect(outputsOf(createStream(compiled(inside.wasm)))).toEqual(expected);
    expect(outputsOf(await loadStream(inside.wasm))).toEqual(expected);
    expect(outputsOf(createStream(compiled(beside.wasm), beside.weights))).toEqual(expected);
    expect(inside.wasm.length - beside.wasm.length).toBeGreaterThan(model.weights.byteLength);
    expect(beside.weights?.length).toBe(model.weights.byteLength);
  });

  test.each(['float16', 'int8'] as const)('has weights as %s', async (quantize) => {
    const small = compileStream(net, weightsOf(net, 1), { quantize });
    const numbersOf = outputsOf(createStreamSync(small));
    const [within, besides] = [writeStreamModule(small), writeStreamModule(small, { weights: 'beside' })];
    expect(outputsOf(createStream(compiled(within.wasm)))).toEqual(numbersOf);
    expect(outputsOf(createStream(compiled(besides.wasm), besides.weights))).toEqual(numbersOf);
    expect(besides.weights?.length).toBe(small.weights.byteLength);
    expect(within.wasm.length).toBeLessThan(besides.wasm.length + small.weights.byteLength + 20);
    expect(() => createStream(compiled(besides.wasm), beside.weights)).toThrow(
      `needs ${small.weights.byteLength} bytes of weights, but ${model.weights.byteLength} were given`,
    );
    const script = await import(`data:text/javascript,${encodeURIComponent(within.js)}`);
    expect(outputsOf(script.createStream(compiled(within.wasm)))).toEqual(numbersOf);
  });

  test('loads what a server answers, and names what it refuses', async () => {
    const answer = (body: BodyInit, status = 200) => Promise.resolve(new Response(body, { status }));
    expect(outputsOf(await loadStream(answer(inside.wasm)))).toEqual(expected);
    expect(outputsOf(await loadStream(answer(beside.wasm), answer(beside.weights!)))).toEqual(expected);
    await expect(loadStream(answer('no such file', 404))).rejects.toThrow(/answered with status 404/);
  });

  test('has streams that share the weights', () => {
    const stream = createStream(compiled(inside.wasm));
    const others = Array.from({ length: 400 }, () => stream.another());
    for (const other of others) expect(outputsOf(other)).toEqual(expected);
    expect(outputsOf(stream)).toEqual(expected);
    stream.reset();
    expect(outputsOf(stream)).toEqual(expected);
  });

  test('a frame of another length or with NaN is refused', () => {
    const stream = createStream(compiled(inside.wasm));
    expect(() => stream.process([1])).toThrow(/has 32 numbers, but was given 1/);
    expect(() => stream.process(frames[0].with(3, Number.NaN))).toThrow(/number 3 is NaN/);
    expect(outputsOf(stream)).toEqual(expected);
  });
});

describe('what does not fit is refused', () => {
  /** The module with another text in its custom section, of the same length. */
  const edited = (from: string, to: string) => {
    const wasm = inside.wasm.slice();
    const at = Buffer.from(wasm.buffer).indexOf(from);
    wasm.set(Buffer.from(to), at);
    return compiled(wasm);
  };

  test('weights that are missing, cut short or too many', () => {
    const { length } = beside.weights!;
    const create = (weights?: BufferSource) => () => createStream(compiled(beside.wasm), weights);
    expect(create()).toThrow(`needs ${length} bytes of weights, but none were given`);
    expect(create(beside.weights!.subarray(4))).toThrow(
      `needs ${length} bytes of weights, but ${length - 4} were`,
    );
    expect(() => createStream(compiled(inside.wasm), beside.weights)).toThrow(/weights inside/);
  });

  test('another version, another module, bytes, and a file that is cut short', async () => {
    expect(() => createStream(edited('"version":1', '"version":2'))).toThrow(
      'This module has version 2, but this program reads version 1.',
    );
    expect(() => createStream(compiled(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)))).toThrow(
      /was not written by/,
    );
    expect(() => createStream(inside.wasm as never)).toThrow(/Expected a compiled WebAssembly.Module/);
    await expect(loadStream(inside.wasm.subarray(0, -10))).rejects.toThrow(WebAssembly.CompileError);
    const sized = moduleStreams(Stream, streamsIn, widenFloat16, {
      ...{ name: 'vad', inputSize: 16, outputSize: 2 },
    });
    expect(() => sized.createStream(compiled(inside.wasm))).toThrow(
      "The network 'vad' takes 16 numbers and returns 2, but this module takes 32 and returns 2.",
    );
  });

  test('a model whose module is compiled or damaged, and a name that is none', async () => {
    const ready = await compileModule(model);
    expect(() => writeStreamModule(ready)).toThrow(/needs a model with the bytes/);
    const bytes = model.module as Uint8Array;
    expect(() => writeStreamModule({ ...model, module: bytes.subarray(0, -3) })).toThrow(
      /cut short: section 10/,
    );
    expect(() => writeStreamModule({ ...model, module: bytes.subarray(4) })).toThrow(/no WebAssembly module/);
    expect(() => writeStreamModule(model, { name: 'my net' })).toThrow(/'my net'/);
  });
});

describe('the files', () => {
  let folder: string;
  const save = (name: string, { wasm, js, dts, weights }: StreamModule) => {
    writeFileSync(join(folder, `${name}.wasm`), wasm);
    writeFileSync(join(folder, `${name}.js`), js);
    writeFileSync(join(folder, `${name}.d.ts`), dts);
    if (weights) writeFileSync(join(folder, `${name}.weights`), weights);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-ahead-'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('run without a package in a process that compiles no text', () => {
    save('vad', writeStreamModule(model, { name: 'vad' }));
    const program = `
      import { readFileSync } from 'node:fs';
      import { createStream, inputSize, loadStream, outputSize } from './vad.js';
      const bytes = readFileSync('vad.wasm');
      const streams = [createStream(await WebAssembly.compile(bytes)), await loadStream(bytes)];
      const outputs = streams.map((stream) => ${JSON.stringify(frames)}.map((frame) => Array.from(stream.process(frame))));
      console.log(JSON.stringify([inputSize, outputSize, ...outputs]));`;
    const args = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', program];
    const printed = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(JSON.parse(printed)).toEqual([32, 2, expected, expected]);
  });

  test('set a variable of a page', () => {
    const { js } = writeStreamModule(model, { name: 'vad', format: 'iife' });
    const globals = {
      WebAssembly,
      Float32Array,
      Uint8Array,
      result: undefined as unknown,
      module: compiled(inside.wasm),
    };
    runInNewContext(`${js}; result = vad.createStream(module)`, globals);
    expect(outputsOf(globals.result as Stream)).toEqual(expected);
  });

  test('have declarations that compile, and refuse what is wrong', () => {
    const names = ['esm', 'iife'].flatMap((format) =>
      (['inside', 'beside'] as const).map((weights) => {
        const name = `${format}_${weights}`;
        save(name, writeStreamModule(model, { name, weights, format: format as 'esm' | 'iife' }));
        const given = weights === 'beside' ? ', new Uint8Array(4)' : '';
        const use = `
          const stream = ${name}.createStream({} as WebAssembly.Module${given});
          const result: Float32Array = stream.another().process([1, 2]);
          const size: 32 = ${name}.inputSize;
          // @ts-expect-error
          stream.process(['one']);
          export { result, size };`;
        const head =
          format === 'esm'
            ? `import * as ${name} from './${name}.js';`
            : `/// <reference path="./${name}.d.ts" />`;
        writeFileSync(join(folder, `use-${name}.ts`), `${head}\n${use}`);
        return join(folder, `use-${name}.ts`);
      }),
    );
    const compilerOptions = {
      strict: true,
      noEmit: true,
      types: [],
      module: 'nodenext',
      lib: ['esnext', 'dom'],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: names }));
    const compiler = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  test('are small without the weights: the program below 10 kB, with the module of a voice detector below 12 kB gzipped', () => {
    expect(inside.js.length).toBeLessThan(10_000);
    const detector = network({
      name: 'detector',
      inputSize: 512,
      build: (x, use) => {
        const spectrum = use('magnitude', magnitude(), use('stft', stft({ frameLength: 256, hop: 128 }), x));
        const first = use(
          'first',
          conv1d({ filters: 32, kernelSize: 3, padding: 'same', activation: 'relu' }),
          spectrum,
        );
        const second = use('second', conv1d({ filters: 16, kernelSize: 4, activation: 'relu' }), first);
        const memory = use('lstm', recurrent({ cell: cells.lstm(), units: 24 }), second);
        return use('out', dense({ units: 1, activation: 'sigmoid' }), memory);
      },
    });
    const { wasm, js } = writeStreamModule(compileStream(detector, weightsOf(detector, 1)), {
      weights: 'beside',
    });
    expect(gzipSync(wasm).length).toBeGreaterThan(1000);
    expect(gzipSync(wasm).length + gzipSync(js).length).toBeLessThan(12_000);
  });
});

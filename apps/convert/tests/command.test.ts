import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readModel } from '@sluice/formats';
import { describe, expect, test } from 'vitest';
import { scratchFolder, sluice, writeArrays } from './command-line.js';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../packages/formats/fixtures/${name}`, import.meta.url));

describe('sluice inspect', () => {
  test('shows layers, parameters, notes and equations', async () => {
    const { status, output } = await sluice('inspect', fixture('pytorch/checkpoint.pt'));
    expect(status).toBe(0);
    expect(output).toMatch(
      /^pytorch\n\nlayer +kind +shape +parameters\nembedding +Embedding +\[7, 3\] +21\n/,
    );
    expect(output).toMatch(/gru\.l0 +gru +4 → 2 +48\n/);
    expect(output).toContain('Note: Of the checkpoint only model_state_dict is read, not ');
    expect(output).toContain('gru.l0: gru (Cho et al. 2014');
    expect(output).toContain("n = tanh(W_n x + b_n + r ⊙ (U_n h₋ + b_n'))");
  });

  test('--json prints one object', async () => {
    const { output } = await sluice(
      'inspect',
      fixture('sru/both.pt'),
      '--json',
      '--assume',
      'bidirectional=true',
    );
    const { format, layers } = JSON.parse(output);
    expect(format).toBe('pytorch');
    expect(layers[0]).toMatchObject({ inputSize: 3, units: 2, directions: ['forward', 'backward'] });
  });

  test.each([
    [['inspect', '/no/such/file.pt'], 1, 'there is no such file'],
    [['inspect', fixture('keras-calls.json')], 1, 'no model file that Sluice reads'],
    [
      ['inspect', fixture('sru/both.pt'), '--assume', 'gates=4'],
      1,
      '--assume gates=4: there is no such option',
    ],
    [['inspect'], 2, "missing required argument 'file'"],
    [['inspct', 'x'], 2, "unknown command 'inspct'"],
  ])('an error of %j says what is wrong', async (args, expected, message) => {
    const { status, error } = await sluice(...args);
    expect(status).toBe(expected);
    expect(error).toContain(message);
  });
});

describe('sluice convert', () => {
  test('writes the format of the ending, and another by --to', async () => {
    const folder = scratchFolder();
    const keras = join(folder, 'deep', 'model.keras');
    expect(await sluice('convert', fixture('keras-h5/nested.h5'), keras)).toMatchObject({
      status: 0,
      error: '',
    });
    const json = join(folder, 'web', 'model.json');
    const { output } = await sluice('convert', keras, json, '--quantize', 'float16');
    expect(output).toMatch(/model\.json \([\d.]+ kB\), .*model\.weights\.bin \(94 B\)\n/);
    const safetensors = join(folder, 'weights.bin');
    await sluice('convert', json, safetensors, '--to', 'safetensors');
    expect(readdirSync(folder).sort()).toEqual(['deep', 'web', 'weights.safetensors']);
    const { layers } = await readModel(join(folder, 'weights.safetensors'));
    expect(layers.map(({ name, kind }) => [name.replace(/_\d+$/, ''), kind]).sort()).toEqual([
      ['dense', 'other'],
      ['encoder.words.l0', 'recurrent'],
    ]);
  });

  test('keeps what exists unless --force is given, and leaves no partial file', async () => {
    const folder = scratchFolder();
    const path = join(folder, 'model.onnx');
    writeFileSync(path, 'precious');
    const refused = await sluice('convert', fixture('sru/stack.pt'), path);
    expect(refused).toMatchObject({ status: 1, error: expect.stringContaining('Add --force to replace it') });
    expect(readFileSync(path, 'utf8')).toBe('precious');
    expect((await sluice('convert', fixture('sru/stack.pt'), path, '--force')).status).toBe(0);
    expect(readdirSync(folder)).toEqual(['model.onnx']);
    expect((await readModel(path)).layers.map((layer) => layer.kind)).toEqual(['recurrent', 'recurrent']);
  });

  test.each([
    [['model.xyz'], 'its ending names no format. Give --to'],
    [['model.keras'], 'these are layers alone'],
    [
      ['model.safetensors', '--quantize', 'int8'],
      'views.pt: A .safetensors file for PyTorch holds floats. Choose',
    ],
    [
      ['model.onnx', '--to', 'safetensors'],
      'in the format safetensors is written as model.safetensors. Give OUT the ending .safetensors',
    ],
    [['model.h5'], 'It writes layers-model, safetensors, '],
  ])('to %j is refused with the reason', async (args, message) => {
    const folder = scratchFolder();
    const [name, ...flags] = args;
    const { status, error } = await sluice(
      'convert',
      fixture('pytorch/views.pt'),
      join(folder, name),
      ...flags,
    );
    expect(status).toBe(1);
    expect(error).toContain(message);
    expect(readdirSync(folder)).toEqual([]);
  });
});

test('a path that cannot be written is an error', async () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, 'taken.safetensors'));
  writeFileSync(join(folder, 'file'), '');
  const convert = (...path: string[]) =>
    sluice('convert', fixture('sru/stack.pt'), join(folder, ...path), '--force');
  expect((await convert('taken.safetensors')).error).toContain('taken.safetensors: this is a folder');
  expect((await convert('file', 'model.safetensors')).error).toMatch(
    /file: this folder cannot be made \(EEXIST/,
  );
  expect((await convert('model.pt')).error).toContain('is written as model.py. Give OUT the ending .py');
  expect(readdirSync(folder).sort()).toEqual(['file', 'taken.safetensors']);
});

describe('sluice check', () => {
  test('runs every layer on every engine', async () => {
    const { status, output } = await sluice('check', fixture('keras/kinds.keras'));
    expect(status).toBe(0);
    expect(output).toMatch(/^layer +float64 +cpu +wasm/);
    expect(output).toMatch(/bidirectional\w* +0 +\d\.\de-\d+ +\d\.\de-\d+/);
    expect(output).toContain('within the tolerance');
  });

  test('compares with another file, and fails when the weights are others', async () => {
    const folder = scratchFolder();
    const rounded = join(folder, 'rounded.safetensors');
    await sluice('convert', fixture('pytorch/classifier.pt'), rounded, '--quantize', 'float16');
    const against = ['--against', fixture('pytorch/classifier.pt')];
    const strict = await sluice('check', rounded, ...against);
    expect(strict.status).toBe(1);
    expect(strict.output).toContain('above the tolerance');
    expect((await sluice('check', rounded, ...against, '--tolerance', '1e-3')).status).toBe(0);
    const other = await sluice('check', rounded, '--against', fixture('keras/kinds.keras'));
    expect(other.error).toContain('it has 3 recurrent layers, but the file to check has 1');
  });

  test('compares with the inputs and outputs of another library in an .npz', async () => {
    const { cases } = JSON.parse(readFileSync(fixture('torch-calls.json'), 'utf8'));
    const [{ x, y }] = cases.find(({ file }: { file: string }) => file === 'pytorch/classifier.pt').calls;
    const path = join(scratchFolder(), 'calls.npz');
    const write = (outputs: number[]) =>
      writeArrays(path, { x: { shape: [2, 4, 4], values: x }, y: { shape: [2, 4, 2], values: outputs } });
    write(y);
    const good = await sluice('check', fixture('pytorch/classifier.pt'), '--against', path);
    expect(good).toMatchObject({ status: 0, output: expect.stringContaining('within the tolerance') });
    write(y.map((value: number) => value + 0.01));
    expect((await sluice('check', fixture('pytorch/classifier.pt'), '--against', path)).status).toBe(1);
    const wrong = await sluice('check', fixture('keras/kinds.keras'), '--against', path);
    expect(wrong.error).toContain('but it has x, y');
  });
});

import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cells } from '@sluice/core';
import { toPyTorch } from '@sluice/core/pytorch';
import { decodeSafetensors, encodeSafetensors, type WrittenTensor } from '@sluice/formats/safetensors';
import { describe, expect, test } from 'vitest';
import { command, small } from './command.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

async function exported(...options: string[]): Promise<string> {
  const folder = join(scratchFolder(), 'trainer');
  const data = scratchFile('data.txt', toyLines(40));
  const result = await command(['export-trainer', '--data', data, ...small, ...options, '--out', folder]);
  expect(result.error).toBe('');
  expect(result.output).toContain(`python ${folder}/train.py`);
  return folder;
}

const tensorsIn = (path: string) => decodeSafetensors(readFileSync(path), path).tensors;

/** Writes what train.py would after no training at all: the weights to start from, and predictions by them. */
function pretendTraining(folder: string, probabilities: number[], change = (t: WrittenTensor) => t): void {
  const checks: WrittenTensor[] = [
    { name: 'check/epoch', shape: [1], values: Int32Array.of(2) },
    { name: 'check/tokens', shape: [1, 3], values: Int32Array.of(2, 3, 0) },
    { name: 'check/probabilities', shape: [1, 2], values: Float32Array.from(probabilities) },
  ];
  const tensors = [...tensorsIn(join(folder, 'weights.safetensors')), ...checks].map(change);
  writeFileSync(join(folder, 'trained.safetensors'), encodeSafetensors(tensors));
}

describe('export-trainer', () => {
  test('writes data, weights, cells and scripts', async () => {
    const folder = await exported('--layers', '2', '--cell', 'lstm');
    expect(readdirSync(folder).sort()).toEqual([
      'data.safetensors',
      'model.py',
      'recurrent_1.py',
      'recurrent_2.py',
      'settings.json',
      'tensors.py',
      'train.py',
      'trainer.json',
      'vocabulary.json',
      'weights.safetensors',
    ]);
    const printed = readFileSync(join(folder, 'recurrent_1.py'), 'utf8');
    expect(printed).toBe(toPyTorch(cells.lstm(), { inputSize: 5, units: 6 }));
    const texts = new Map(tensorsIn(join(folder, 'data.safetensors')).map((tensor) => [tensor.name, tensor]));
    expect([...texts.keys()].sort()).toEqual(
      ['train', 'validation'].flatMap((part) =>
        ['labels', 'starts', 'tokens'].map((name) => `${part}/${name}`),
      ),
    );
    const starts = texts.get('train/starts')!.values;
    expect(starts.length).toBe(texts.get('train/labels')!.values.length + 1);
    expect(starts.at(-1)).toBe(texts.get('train/tokens')!.values.length);
    const weights = tensorsIn(join(folder, 'weights.safetensors')).map(({ name }) => name);
    expect(weights).toContain('recurrent_2/recurrent_kernel');
  });

  test('refuses a folder that is not empty', async () => {
    const folder = await exported();
    const again = await command(['export-trainer', ...small, '--out', folder]);
    expect(again).toMatchObject({ status: 1, error: expect.stringContaining('the folder is not empty') });
  });
});

describe('import-trained', () => {
  test('makes a model that predicts what PyTorch predicted, and refuses another', async () => {
    const folder = await exported();
    const out = join(scratchFolder(), 'model');
    const importing = () => command(['import-trained', folder, '--out', out]);
    expect((await importing()).error).toContain('trained.safetensors: there is no such file. Run train.py');
    pretendTraining(folder, [0.9, 0.1]);
    const refused = await importing();
    const difference = Number(/differ by ([\d.]+)/.exec(refused.error)?.[1]);
    expect(difference).toBeGreaterThan(0.1);
    // The second probability is 0.1 + difference: below 0.1 there is no room for the difference.
    pretendTraining(folder, [0.9 - difference, 0.1 + difference]);
    expect((await importing()).output).toContain('The model of epoch 2 is in');
    const predicted = await command(['predict', '--model', out, 'some text']);
    expect(predicted.status).toBe(0);
    expect((await importing()).error).toContain('holds a model already. Choose another folder for --out.');
  });

  test.each([
    [
      'of another shape',
      (tensor: WrittenTensor) =>
        tensor.name === 'dense/kernel' ? { ...tensor, shape: [1, tensor.values.length] } : tensor,
      'dense/kernel has the shape [1, 6], the settings need [6, 1]',
    ],
    [
      'that are not finite',
      (tensor: WrittenTensor) =>
        tensor.name === 'dense/kernel'
          ? { ...tensor, values: Float32Array.from(tensor.values, () => Number.NaN) }
          : tensor,
      'dense/kernel are not finite',
    ],
    [
      'with a missing name',
      (tensor: WrittenTensor) => (tensor.name === 'recurrent_1/bias' ? { ...tensor, name: 'bias' } : tensor),
      'expected recurrent_1/bias in it',
    ],
  ])('refuses weights %s', async (_, change, message) => {
    const folder = await exported();
    pretendTraining(folder, [0.5, 0.5], change);
    const result = await command(['import-trained', folder, '--out', join(scratchFolder(), 'model')]);
    expect(result).toMatchObject({ status: 1, error: expect.stringContaining(message) });
  });
});

const python = process.env.SLUICE_PYTHON ?? 'python3';
const obstacle =
  spawnSync(python, ['-c', 'import torch']).status === 0
    ? undefined
    : `${python} has no PyTorch; install torch, or set SLUICE_PYTHON to a Python that has it`;
if (obstacle) console.log(`Training in PyTorch is not tested: ${obstacle}.`);

/** Runs a program of Python's folder for programs. */
function trainInPyTorch(folder: string, ...launcher: string[]): string {
  const { status, stdout, stderr } = spawnSync(python, [...launcher, join(folder, 'train.py')], {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
    cwd: dirname(folder),
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

describe.skipIf(obstacle)('in PyTorch', () => {
  test.each([
    ['gru', []],
    ['sru', ['--bidirectional', '--layers', '2']],
    ['lstm', ['--bidirectional', '--layers', '2', '--clip-norm', '1']],
    ['min-gru', ['--layers', '2']],
  ])('a trained %s comes back with the same probabilities', async (cell, options) => {
    const folder = await exported('--cell', cell, ...options);
    trainInPyTorch(folder);
    const result = await command(['import-trained', folder, '--out', join(scratchFolder(), 'model')]);
    expect(result.error).toBe('');
    expect(Number(/at most (\S+)\.\n/.exec(result.output)?.[1])).toBeLessThan(1e-6);
  });

  test('two processes give the losses of one', async () => {
    const folder = await exported('--dropout', '0');
    const copy = join(scratchFolder(), 'copy');
    cpSync(folder, copy, { recursive: true });
    const losses = (output: string) => [...output.matchAll(/"loss": [\d.]+/g)].map(String);
    const one = losses(trainInPyTorch(folder));
    const two = losses(
      trainInPyTorch(copy, '-m', 'torch.distributed.run', '--standalone', '--nproc-per-node=2'),
    );
    expect(one.length).toBe(3);
    expect(two).toEqual(one);
    rmSync(copy, { recursive: true });
  });
});

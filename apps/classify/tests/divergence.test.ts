import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../src/backend.js';
import { buildModel } from '../src/model/build.js';
import { defaultSettings } from '../src/model/settings.js';
import { loadModel } from '../src/storage/load-model.js';
import { writeModel, writeModelDescription } from '../src/storage/model-files.js';
import { readCheckpoint, writeCheckpoint } from '../src/training/checkpoint.js';
import { command, objects, small } from './command.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

beforeAll(() => useBackend('cpu'));

const cpu = [...small, '--backend', 'cpu'];
/** All examples in one batch and one epoch, so that the only loss is that of the first weights. */
const oneUpdate = [...cpu, '--batch', '64', '--epochs', '1', '--validation', '0'];

/** Trains one epoch, then writes another learning rate into the checkpoint for the epochs to come. */
async function goodEpoch(learningRate: number) {
  const data = scratchFile('data.txt', toyLines(40));
  const folder = scratchFolder();
  await command(['train', ...cpu, '--epochs', '1', '--data', data, '--out', folder]);
  const checkpoint = readCheckpoint(folder);
  writeCheckpoint(folder, { ...checkpoint, settings: { ...checkpoint.settings, learningRate } });
  return { data, folder, model: readFileSync(join(folder, 'model.json'), 'utf8') };
}

describe('training that diverges', () => {
  test('in the first epoch: an error and no model, with or without validation', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    for (const validation of ['0.1', '0']) {
      const folder = scratchFolder();
      const { status, output, error } = await command([
        ...['train', ...cpu, '--learning-rate', '1e39', '--validation', validation],
        ...['--data', data, '--out', folder, '--json'],
      ]);
      expect(status).toBe(1);
      expect(output).toBe('');
      expect(error).toMatch(
        /^error: .* epoch 1: training has diverged\. No epoch was finished, so there is no model\. Try a smaller --learning-rate than 1e\+39, or limit the gradients with --clip-norm 1\. Choose another folder/,
      );
      expect(existsSync(join(folder, 'model.json'))).toBe(false);
      expect(readCheckpoint(folder).history).toEqual([]);
      expect((await command(['predict', '--model', folder, 'dull'])).status).toBe(1);
    }
  });

  test('with infinite weights after a finite loss', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const { status, error } = await command([
      ...['train', ...oneUpdate, '--learning-rate', '1e39', '--data', data],
    ]);
    expect(status).toBe(1);
    expect(error).toMatch(/^error: The weights .* are no longer finite after epoch 1: training has diverged/);
  });

  test.each([
    ['0', 'The model predicts NaN'],
    ['0.1', 'The validation loss became NaN'],
  ])('finite weights that are too large to compute with, %s held back', async (validation, what) => {
    const data = scratchFile('data.txt', toyLines(40));
    const { status, error } = await command([
      ...[
        'train',
        ...oneUpdate,
        '--learning-rate',
        '1e30',
        '--cell',
        'ind-rnn',
        '--validation',
        validation,
        '--data',
        data,
      ],
    ]);
    expect(status).toBe(1);
    expect(error).toContain(`error: ${what} after epoch 1: training has diverged`);
  });

  test.each([
    ['8', /The loss became NaN in batch \d of epoch 2/],
    ['64', /The weights .* are no longer finite after epoch 2/],
  ])('a later epoch, batches of %s: the model of the epoch before is kept', async (batch, what) => {
    const { folder, model } = await goodEpoch(1e39);
    const checkpoint = readCheckpoint(folder);
    writeCheckpoint(folder, { ...checkpoint, settings: { ...checkpoint.settings, batch: Number(batch) } });
    const { status, error } = await command([
      ...['train', '--epochs', '4', '--out', folder, '--resume', '--json'],
    ]);
    expect(status).toBe(1);
    expect(error).toMatch(what);
    expect(error).toContain(`The model of epoch 1 is kept in ${folder}.`);
    expect(readFileSync(join(folder, 'model.json'), 'utf8')).toBe(model);
    expect(readCheckpoint(folder).history.length).toBe(1);
    expect((await command(['predict', '--model', folder, 'dull'])).output).toMatch(/^\w+\t0\.\d{4}\tdull\n$/);
  });
});

describe('compare with a cell that diverges', () => {
  // A gated state stays within bounds at any rate; the state of an IndRNN with relu does not.
  const diverging = [...cpu, '--learning-rate', '1e19', '--epochs', '1'];

  test('compares the other cells, names the cell, and exits with status 1', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const out = scratchFolder();
    const { status, output, error } = await command([
      ...['compare', ...diverging, '--cells', 'ind-rnn,gru', '--data', data, '--out', out],
    ]);
    expect(status).toBe(1);
    expect(error).toMatch(/^error: ind-rnn: The .* training has diverged/m);
    const table = output.slice(output.lastIndexOf('\ncell') + 1).split('\n');
    expect(table.slice(2).map((row) => row.split(' ')[0])).toEqual(['gru', '']);
    const report = readFileSync(join(out, 'report.html'), 'utf8');
    expect(report).toContain('Training diverged, so there is no result: ind-rnn.');
  });

  test('prints no table and writes no report when all cells diverge', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const out = scratchFolder();
    const { status, output } = await command([
      ...['compare', ...diverging, '--cells', 'ind-rnn', '--data', data, '--out', out, '--json'],
    ]);
    expect({ status, printed: objects(output) }).toEqual({ status: 1, printed: [] });
    expect(existsSync(join(out, 'report.html'))).toBe(false);
  });
});

describe('a saved model', () => {
  const settings = { ...defaultSettings, units: 3, embedding: 2, layers: 1, length: 4 };
  const tokens = ['dull', 'film'];
  const classes = ['bad', 'good', 'odd'];

  /** A model whose weights are `change`d. */
  async function savedWith(change: (weights: Float32Array[]) => void): Promise<string> {
    const folder = scratchFolder();
    const model = buildModel(settings, tokens.length + 2, classes.length);
    const weights = model.getWeights();
    const values = weights.map((weight) => Float32Array.from(weight.dataSync()));
    change(values);
    model.setWeights(values.map((array, index) => tensor(array, weights[index].shape)));
    writeModelDescription(folder, { settings, classes, tokens });
    await writeModel(folder, model, 1);
    return folder;
  }

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('with a weight %d is refused by name', async (value) => {
    const folder = await savedWith(([, kernel]) => {
      kernel[1] = value;
    });
    await expect(loadModel(folder)).rejects.toThrow(
      /weights-[0-9a-f]+\.bin: the weights recurrent_1\/kernel are not finite/,
    );
    const data = scratchFile('data.txt', 'bad dull\n');
    for (const words of [['predict', 'dull'], ['evaluate', '--data', data], ['inspect']]) {
      const { status, error } = await command([...words, '--model', folder]);
      expect({ status, named: error.includes('recurrent_1/kernel') }).toEqual({ status: 1, named: true });
    }
  });

  test('whose predictions are NaN is an error of predict and evaluate', async () => {
    // The state saturates at -1, so that the logits are infinite and their softmax is NaN.
    const folder = await savedWith(([embeddings, kernel, , , dense]) => {
      embeddings.fill(3e38);
      kernel.fill(-2);
      dense.fill(-3e38);
    });
    const data = scratchFile('data.txt', 'bad dull film\n');
    for (const words of [
      ['predict', 'dull film'],
      ['evaluate', '--data', data],
    ]) {
      const { status, output, error } = await command([...words, '--model', folder, '--backend', 'cpu']);
      expect({ status, output }).toEqual({ status: 1, output: '' });
      expect(error).toContain(`error: ${folder}: the model predicts NaN`);
    }
  });

  test('a checkpoint with weights that are not finite cannot be resumed', async () => {
    const { folder } = await goodEpoch(0.1);
    const checkpoint = readCheckpoint(folder);
    checkpoint.weights[0].values[0] = Number.NaN;
    writeCheckpoint(folder, checkpoint);
    const { status, error } = await command(['train', '--epochs', '2', '--out', folder, '--resume']);
    expect(status).toBe(1);
    expect(error).toMatch(/checkpoint\.bin: the weights .* are not finite/);
  });
});

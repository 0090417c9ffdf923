import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeBackend } from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { command, objects, small } from './command.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

describe('--import', () => {
  /** A module that registers the backend `mine`: TensorFlow.js's cpu backend and its kernels, by another name. */
  const module = `
import { copyRegisteredKernels, registerBackend } from '${import.meta.resolve('@tensorflow/tfjs-core')}';
import { MathBackendCPU } from '${import.meta.resolve('@tensorflow/tfjs-backend-cpu')}';
copyRegisteredKernels('cpu', 'mine');
registerBackend('mine', () => new MathBackendCPU());`;

  test('trains, evaluates and predicts on the backend of a module', async () => {
    const file = scratchFile('my-backend.mjs', module);
    const data = scratchFile('data.txt', toyLines(40));
    const out = join(scratchFolder(), 'model');
    const mine = ['--import', file, '--backend', 'mine'];
    const trained = await command(['train', ...small, '--data', data, '--out', out, '--json', ...mine]);
    expect(trained.error).toBe('');
    expect(objects(trained.output).at(-1).summary).toMatchObject({ backend: 'mine', epochs: 3 });
    const evaluated = await command(['evaluate', '--model', out, '--data', data, ...mine]);
    expect(evaluated.output).toMatch(/^accuracy /);
    expect((await command(['predict', '--model', out, ...mine, 'some text'])).status).toBe(0);
    removeBackend('mine');
  });

  test('a module that cannot be imported is an error, and so is an unknown backend, with a hint', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const file = scratchFile('broken.mjs', "throw new Error('no device');");
    const run = (...args: string[]) => command(['train', ...small, '--data', data, ...args]);
    expect(await run('--import', file)).toMatchObject({
      status: 1,
      error: expect.stringContaining(`--import ${file}: no device`),
    });
    expect((await run('--import', 'no-such-package')).error).toMatch(
      /--import no-such-package: .*no-such-package/,
    );
    expect((await run('--backend', 'yours')).error).toContain(
      '--import MODULE adds the backend of a module.',
    );
  });
});

describe('train', () => {
  test('--json prints an object for each epoch and a summary with exactly its keys, nothing else', async () => {
    const data = scratchFile('data.txt', Buffer.from(`${toyLines(60)}good caf\xe9\n`, 'latin1'));
    const held = scratchFile('test.txt', toyLines(10));
    const { status, output, error } = await command([
      'train',
      ...small,
      '--data',
      data,
      '--test',
      held,
      '--json',
    ]);
    expect(status).toBe(0);
    const printed = objects(output);
    expect(printed.length).toBe(4);
    expect(printed.slice(0, 3).map((record) => Object.keys(record))).toEqual(
      Array.from({ length: 3 }, () => [
        'epoch',
        'loss',
        'accuracy',
        'validationLoss',
        'validationAccuracy',
        'seconds',
        'examplesPerSecond',
      ]),
    );
    expect(Object.keys(printed[3])).toEqual(['summary']);
    expect(Object.keys(printed[3].summary)).toEqual([
      'backend',
      'cell',
      'parameters',
      'epochs',
      'trainExamples',
      'validationAccuracy',
      'testAccuracy',
      'secondsPerEpoch',
    ]);
    // Embedding 21 × 5, GRU 3 · (5 · 6 + 6 · 6 + 2 · 6), dense 6 + 1.
    const parameters = 105 + 234 + 7;
    expect(printed[3].summary).toMatchObject({
      backend: 'wasm',
      cell: 'gru',
      parameters,
      epochs: 3,
      trainExamples: 55,
    });
    const best = Math.max(...printed.slice(0, 3).map((record) => record.validationAccuracy));
    expect(printed[3].summary.validationAccuracy).toBe(best);
    expect(error).toBe(`${data}: not valid UTF-8; read as Latin-1 (Windows-1252).\n`);
  });

  test('without test data the summary has no test accuracy; without validation, null', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const { output } = await command(['train', ...small, '--data', data, '--validation', '0', '--json']);
    const { summary } = objects(output)[3];
    expect(summary).not.toHaveProperty('testAccuracy');
    expect(summary.validationAccuracy).toBeNull();
    expect(summary.trainExamples).toBe(40);
  });

  test('without a terminal it prints plain lines, with the best and the last epoch', async () => {
    const data = scratchFile(
      'data.csv',
      'label,text\na,dull film\nb,fine film\n'.concat('a,dull\nb,fine\n'.repeat(20)),
    );
    const { output } = await command(['train', ...small, '--data', data, '--validation', '0.2']);
    const lines = output.split('\n');
    expect(lines[0]).toMatch(
      /^gru: 1 × 6 units, \d+ parameters; 34 examples in 2 classes, 8 for validation$/,
    );
    expect(lines[1]).toMatch(
      /^epoch 1\/3 {2}loss \d\.\d{4} {2}accuracy \d+\.\d % {2}validation loss .* examples\/s$/,
    );
    expect(output).toMatch(
      /best epoch \d of 3: validation accuracy \d+\.\d %, loss \d\.\d{4}; this model is kept/,
    );
    expect(output).toContain('The model was not saved; give --out FOLDER to keep it.');
    expect(output).not.toContain('\u001b');
  });

  test('a folder that holds a run is not overwritten', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const folder = join(scratchFolder(), 'new', 'run');
    expect((await command(['train', ...small, '--data', data, '--out', folder])).status).toBe(0);
    const { status, error } = await command(['train', ...small, '--data', data, '--out', folder]);
    expect(status).toBe(1);
    expect(error).toBe(
      `error: ${folder}: holds a training run already. Add --resume to continue it, or choose another folder.\n`,
    );
  });

  test('a folder with a model but no checkpoint refuses a new run and --resume, with reasons', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const out = scratchFolder();
    const folder = join(out, 'gru');
    await command(['train', ...small, '--data', data, '--out', folder]);
    rmSync(join(folder, 'checkpoint.bin'));
    const expected =
      `error: ${folder}: holds a finished model without a checkpoint, so there is no run to resume. ` +
      'The model can be used as it is; to train, choose another folder for --out.\n';
    for (const resume of [[], ['--resume']]) {
      expect((await command(['train', '--data', data, '--out', folder, ...resume])).error).toBe(expected);
      expect((await command(['compare', '--cells', 'gru', '--out', out, ...resume])).error).toBe(expected);
    }
  });

  test('with a damaged checkpoint the model in the folder is still usable', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const folder = scratchFolder();
    await command(['train', ...small, '--data', data, '--out', folder]);
    const checkpoint = join(folder, 'checkpoint.bin');
    writeFileSync(checkpoint, readFileSync(checkpoint).subarray(0, -1));
    const { status, error } = await command(['train', '--out', folder, '--resume']);
    expect(status).toBe(1);
    expect(error).toMatch(
      /checkpoint is damaged: .*\. The model in the folder does not need it and is still usable; to train again, choose another folder\.\n$/,
    );
    expect((await command(['predict', '--model', folder, 'dull'])).status).toBe(0);
  });

  test('--resume refuses other data, a missing folder and a missing checkpoint', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const folder = scratchFolder();
    await command(['train', ...small, '--data', data, '--out', folder]);
    writeFileSync(data, toyLines(42));
    const changed = await command(['train', '--out', folder, '--resume']);
    expect(changed.error).toBe(
      `error: ${data}: the examples differ from those of the run in ${folder}. ` +
        'Give it the same data, or train in another folder.\n',
    );
    expect((await command(['train', '--resume'])).error).toMatch(/--resume needs --out/);
    expect((await command(['train', '--out', scratchFolder(), '--resume'])).error).toMatch(
      /no checkpoint here/,
    );
  });

  test.each<[string[], RegExp]>([
    [['--units', '0'], /--units <count>' argument '0' is invalid. Expected a whole number of at least 1/],
    [['--units', '1e9x'], /Expected a whole number/],
    [['--dropout', '1'], /Expected a number from 0 to below 1/],
    [['--learning-rate', '-1'], /Expected a number above 0/],
    [['--unit', 'line'], /Allowed choices are word, character/],
    [
      ['--cell', 'transformer'],
      /Allowed choices are attention-gru, cfc, gru, ind-rnn, li-gru, lstm, .*, simple-rnn, sru\./,
    ],
    [
      ['--backend', 'abacus'],
      /There is no backend "abacus" here. There are (cpu, wasm|wasm, cpu)\. --import MODULE /,
    ],
    [['--out', ''], /--out <folder>' argument '' is invalid. Expected a path, got an empty text/],
    [['--data', ''], /--data <path>' argument '' is invalid. Expected a path, got an empty text/],
    [['--test', ' '], /--test <path>' argument ' ' is invalid. Expected a path, got an empty text/],
    [['--unknown'], /unknown option '--unknown'/],
  ])('%s is an error that says what was expected', async (args, message) => {
    const data = scratchFile('data.txt', toyLines(10));
    const { status, output, error } = await command(['train', '--data', data, ...args]);
    // A backend is looked up when the command runs.
    expect(status).toBe(args[0] === '--backend' ? 1 : 2);
    expect(error).toMatch(message);
    expect(output).toBe('');
  });

  test('data errors name file and line, once, without a stack', async () => {
    const data = scratchFile('data.txt', 'a x\nb y\nc\n');
    const { status, error } = await command(['train', '--data', data]);
    expect(status).toBe(1);
    expect(error).toBe(
      `error: ${data}, line 3: "c": there is a label but no text. ` +
        'Fix it, or leave such rows out with --skip-bad.\n',
    );
  });

  test.each([
    ['minGru', 'min-gru'],
    ['min-gru', 'min-gru'],
    ['simpleRnn', 'simple-rnn'],
    ['liGru', 'li-gru'],
    ['indRnn', 'ind-rnn'],
  ])('--cell %s is %s', async (given, known) => {
    const data = scratchFile('data.txt', toyLines(20));
    const { output } = await command([
      ...['train', ...small, '--epochs', '1', '--cell', given, '--data', data, '--json'],
    ]);
    expect(objects(output)[1].summary.cell).toBe(known);
  });

  test('names of columns for data without columns give a notice', async () => {
    const data = scratchFile('data.txt', `${toyLines(20)}lonely\n`);
    const held = scratchFile('test.csv', 'kind,text\nbad,dull\nugly,dull\n');
    const { error, output } = await command([
      ...['train', ...small, '--data', data, '--test', held, '--label-column', 'kind', '--skip-bad'],
    ]);
    expect(error).toBe(
      `${data}: has no columns, so --label-column is of no use here.\n${data}: 1 bad row left out.\n` +
        `${held}: 1 example with an unknown label left out.\n`,
    );
    expect(output).toMatch(/^test accuracy .* on 1 example$/m);
  });

  test('hostile labels and texts train like any other', async () => {
    const rows = [
      '__proto__ constructor toString',
      'constructor __proto__ valueOf',
      `hasOwnProperty ${'z'.repeat(300_000)}`,
    ];
    const data = scratchFile('data.txt', `${rows.join('\n')}\n`.repeat(12));
    const folder = scratchFolder();
    const { status } = await command(['train', ...small, '--data', data, '--out', folder, '--json']);
    expect(status).toBe(0);
    expect(Object.prototype).not.toHaveProperty('polluted');
    const { output } = await command(['predict', '--model', folder, '__proto__']);
    expect(['__proto__', 'constructor', 'hasOwnProperty']).toContain(output.split('\t')[0]);
  });
});

describe('help', () => {
  test('without a subcommand it lists the subcommands', async () => {
    const { status, output } = await command([]);
    expect(status).toBe(0);
    for (const verb of ['train', 'compare', 'evaluate', 'predict', 'inspect']) expect(output).toContain(verb);
  });

  test('every subcommand has its own help', async () => {
    const { status, output } = await command(['train', '--help']);
    expect(status).toBe(0);
    expect(output).toContain('--clip-norm <norm>');
  });
});

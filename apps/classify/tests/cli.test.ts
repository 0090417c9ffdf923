import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { run } from '../src/program.js';
import { command, small } from './command.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

const objects = (output: string) =>
  output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

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

  test('plain lines where there is no terminal; the best and the last epoch are told', async () => {
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
      `error: ${folder}: holds a training run already. Add --resume to go on with it, or choose another folder.\n`,
    );
  });

  test('a model without a checkpoint: neither a new run nor --resume, and both say why', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const out = scratchFolder();
    const folder = join(out, 'gru');
    await command(['train', ...small, '--data', data, '--out', folder]);
    rmSync(join(folder, 'checkpoint.bin'));
    const expected =
      `error: ${folder}: holds a finished model without a checkpoint, so there is no run to go on with. ` +
      'The model can be used as it is; to train, choose another folder for --out.\n';
    for (const resume of [[], ['--resume']]) {
      expect((await command(['train', '--data', data, '--out', folder, ...resume])).error).toBe(expected);
      expect((await command(['compare', '--cells', 'gru', '--out', out, ...resume])).error).toBe(expected);
    }
  });

  test('a damaged checkpoint: the model beside it is still usable, and is', async () => {
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

  test('--resume: other data, no folder, no checkpoint', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const folder = scratchFolder();
    await command(['train', ...small, '--data', data, '--out', folder]);
    writeFileSync(data, toyLines(42));
    const changed = await command(['train', '--out', folder, '--resume']);
    expect(changed.error).toBe(
      `error: ${data}: the examples are not those that the run in ${folder} began with. ` +
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
    [['--cell', 'transformer'], /Allowed choices are simple-rnn, lstm, gru, sru, min-gru, ind-rnn, li-gru/],
    [['--backend', 'abacus'], /There is no backend "abacus" here. The only one is cpu\.\n/],
    [['--out', ''], /--out <folder>' argument '' is invalid. Expected a path, got an empty one/],
    [['--data', ''], /--data <path>' argument '' is invalid. Expected a path, got an empty one/],
    [['--test', ' '], /--test <path>' argument ' ' is invalid. Expected a path, got an empty one/],
    [['--unknown'], /unknown option '--unknown'/],
  ])('%s is an error that says what was expected', async (args, message) => {
    const data = scratchFile('data.txt', toyLines(10));
    const { status, output, error } = await command(['train', '--data', data, ...args]);
    expect(status).toBe(1);
    expect(error).toMatch(message);
    expect(output).toBe('');
  });

  test('data errors name file and line, once, without a stack', async () => {
    const data = scratchFile('data.txt', 'a x\nb y\nc\n');
    const { status, error } = await command(['train', '--data', data]);
    expect(status).toBe(1);
    expect(error).toBe(
      `error: ${data}, line 3: "c": there is a label but no text. ` +
        'Mend it, or leave such rows out with --skip-bad.\n',
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

  test('names of columns for data without columns are noticed; one example is one example', async () => {
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

describe('a saved model', () => {
  const trained = async () => {
    const folder = scratchFolder();
    const data = scratchFile('data.txt', toyLines(80));
    await command(['train', ...small, '--epochs', '6', '--data', data, '--out', folder]);
    return folder;
  };

  test('evaluate tells accuracy and, for each class, precision and recall', async () => {
    const folder = await trained();
    const data = scratchFile(
      'test.tsv',
      'text\tlabel\nthe film is dull\tbad\nthe film is bright and funny\tgood\n',
    );
    const { status, output } = await command(['evaluate', '--model', folder, '--data', data]);
    expect(status).toBe(0);
    expect(output).toMatch(/^accuracy 100.0 % {2}loss \d\.\d{4} {2}2 examples\n/);
    expect(output).toMatch(/^bad +1 +100\.0 % +100\.0 % +100\.0 %$/m);
    expect(output).toMatch(/^true \\ predicted +bad +good$/m);
    const strange = scratchFile('strange.txt', 'bad dull\nugly film\n');
    expect((await command(['evaluate', '--model', folder, '--data', strange])).error).toMatch(
      /strange\.txt, line 2: the label "ugly" does not occur in the training data \(bad, good\)/,
    );
  });

  test('predict takes arguments, or the lines of standard input in any encoding', async () => {
    const folder = await trained();
    const given = await command([
      'predict',
      '--model',
      folder,
      'dull and weak',
      'bright\tand\u001b[31m funny',
    ]);
    expect(given.output).toMatch(/^bad\t0\.\d{4}\tdull and weak\ngood\t0\.\d{4}\tbright and \[31m funny\n$/);
    const piped = await command(
      ['predict', '--model', folder],
      Buffer.from('dull caf\xe9\n\nfunny\x85bright\n', 'latin1'),
    );
    expect(piped.output).toMatch(/^bad\t0\.\d{4}\tdull café\ngood\t0\.\d{4}\tfunny…bright\n$/);
    expect(piped.error).toMatch(/standard input: not valid UTF-8/);
    expect((await command(['predict', '--model', folder])).output).toBe('');
    expect((await command(['predict', '--model', '', 'dull'])).error).toMatch(/Expected a path/);
  });

  test('predict answers lines of standard input as they arrive', async () => {
    const folder = await trained();
    const input = new PassThrough();
    const output = new PassThrough();
    const ended = run(['predict', '--model', folder], { input, output, error: new PassThrough() });
    const answer = async () => String((await once(output, 'data'))[0]);
    const first = answer();
    input.write('dull and weak\nbright and');
    expect(await first).toMatch(/^bad\t0\.\d{4}\tdull and weak\n$/);
    const second = answer();
    input.write(' funny\n');
    expect(await second).toMatch(/^good\t0\.\d{4}\tbright and funny\n$/);
    const last = answer();
    input.end('weak');
    expect(await last).toMatch(/^bad\t0\.\d{4}\tweak\n$/);
    expect(await ended).toBe(0);
  });

  test('inspect shows settings, parameters and the equations', async () => {
    const folder = await trained();
    const { status, output } = await command(['inspect', '--model', folder]);
    expect(status).toBe(0);
    expect(output).toMatch(/^classes +2: bad, good$/m);
    expect(output).toMatch(/^recurrent_1 +recurrent_kernel +\[6, 18\] +108$/m);
    expect(output).toContain('inputSize 5, units 6');
    expect(output).toContain('At every time step');
  });

  test('a damaged one: the file and why', async () => {
    const folder = await trained();
    const vocabulary = join(folder, 'vocabulary.json');
    writeFileSync(vocabulary, readFileSync(vocabulary).subarray(0, 40));
    const { status, error } = await command(['predict', '--model', folder, 'dull']);
    expect(status).toBe(1);
    expect(error).toMatch(
      /^error: .*vocabulary\.json: the file is damaged: its 40 bytes do not match the checksum/,
    );
  });
});

describe('compare', () => {
  test('prints one table, writes the report, and keeps each model', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const out = join(scratchFolder(), 'comparison');
    const { status, output } = await command([
      'compare',
      ...small,
      '--cells',
      'gru,sru',
      '--data',
      data,
      '--test',
      data,
      '--out',
      out,
    ]);
    expect(status).toBe(0);
    const table = output.slice(output.lastIndexOf('\ncell') + 1).split('\n');
    expect(table[0].split(/ {2,}/)).toEqual([
      ...['cell', 'accuracy', 'loss', 'best epoch', 'test accuracy', 'parameters', 's/epoch', 'examples/s'],
    ]);
    expect(table.slice(2, 4).map((row) => row.split(' ')[0])).toEqual(['gru', 'sru']);
    expect(readdirSync(out).sort()).toEqual(['gru', 'report.html', 'sru']);
    const again = await command(['compare', '--cells', 'gru,sru,lstm', '--out', out, '--resume', '--json']);
    const printed = objects(again.output);
    expect(printed.map((object) => object.cell ?? object.summary.cell)).toEqual([
      'gru',
      'sru',
      'lstm',
      'lstm',
      'lstm',
      'lstm',
    ]);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('gru, sru, lstm');
    const fewer = await command(['compare', '--cells', 'minGru,sru', '--out', out, '--resume']);
    expect(fewer.error).toContain(`gru was compared in ${out} before and is in the report too.\n`);
    const shown = fewer.output.slice(fewer.output.lastIndexOf('\ncell') + 1).split('\n');
    expect(shown.slice(2, 6).map((row) => row.split(' ')[0])).toEqual(['min-gru', 'sru', 'lstm', 'gru']);
    // The row of a run that was not asked for again is what it was, its test accuracy included.
    expect(shown[5].replaceAll(/ +/g, ' ')).toBe(table[2].replaceAll(/ +/g, ' '));
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('min-gru, sru, lstm, gru');
  });

  test('runs of another comparison, or unfinished ones, are left out of the report with a notice', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const out = join(scratchFolder(), 'comparison');
    const compare = (...args: string[]) =>
      command(['compare', ...small, '--data', data, '--out', out, ...args]);
    await compare('--cells', 'gru', '--epochs', '1');
    await compare('--cells', 'sru', '--units', '4');
    const { status, error } = await compare('--cells', 'lstm');
    expect(status).toBe(0);
    expect(error).toContain(
      `gru in ${out} is left out of the report. ${join(out, 'gru')}: 1 of 3 epochs are finished. ` +
        'Name gru in --cells to go on with it.\n',
    );
    expect(error).toMatch(/sru in .* is left out of the report\. --units 6 contradicts the checkpoint/);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('Comparison of lstm<');
  });

  test('the warm-up before each run changes no result', async () => {
    const data = scratchFile('data.txt', toyLines(40));
    const options = [...small, '--dropout', '0.2', '--data', data, '--json'];
    const untimed = (output: string) =>
      objects(output)
        .slice(0, 3)
        .map(({ cell: _, seconds: __, examplesPerSecond: ___, ...epoch }) => epoch);
    const alone = await command(['train', '--cell', 'sru', ...options]);
    const compared = await command(['compare', '--cells', 'sru', '--out', scratchFolder(), ...options]);
    expect(untimed(alone.output).length).toBe(3);
    expect(untimed(compared.output)).toEqual(untimed(alone.output));
  });

  test('an unknown cell, or none, is told before anything is trained', async () => {
    const { error } = await command(['compare', '--cells', 'gru,abacus']);
    expect(error).toMatch(/Allowed choices are simple-rnn, lstm, gru/);
    expect((await command(['compare'])).error).toMatch(/required option '--cells <names>'/);
    expect(existsSync('comparison')).toBe(false);
  });
});

describe('help', () => {
  test('without a verb the verbs are shown', async () => {
    const { status, output } = await command([]);
    expect(status).toBe(0);
    for (const verb of ['train', 'compare', 'evaluate', 'predict', 'inspect']) expect(output).toContain(verb);
  });

  test('every verb has its own', async () => {
    const { status, output } = await command(['train', '--help']);
    expect(status).toBe(0);
    expect(output).toContain('--clip-norm <norm>');
  });
});

import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../src/program.js';
import { command, small } from './command.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

describe('a saved model', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sluice-classify-'));
    const data = join(folder, 'data.txt');
    writeFileSync(data, toyLines(80));
    await command(['train', ...small, '--epochs', '6', '--data', data, '--out', folder]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('evaluate prints accuracy and, for each class, precision and recall', async () => {
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

  test('predict classifies lines of standard input as they arrive', async () => {
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
    const { status, output } = await command(['inspect', '--model', folder]);
    expect(status).toBe(0);
    expect(output).toMatch(/^classes +2: bad, good$/m);
    expect(output).toMatch(/^recurrent_1 +recurrent_kernel +\[6, 18\] +108$/m);
    expect(output).toContain('inputSize 5, units 6');
    expect(output).toContain('At every time step');
  });

  test('a damaged model is an error with the file and the reason', async () => {
    const damaged = scratchFolder();
    cpSync(folder, damaged, { recursive: true });
    const vocabulary = join(damaged, 'vocabulary.json');
    writeFileSync(vocabulary, readFileSync(vocabulary).subarray(0, 40));
    const { status, error } = await command(['predict', '--model', damaged, 'dull']);
    expect(status).toBe(1);
    expect(error).toMatch(
      /^error: .*vocabulary\.json: the file is damaged: its 40 bytes do not match the checksum/,
    );
  });
});

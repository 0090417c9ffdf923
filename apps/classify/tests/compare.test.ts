import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { command, objects, small } from './command.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

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
    expect(shown.slice(2, 6).map((row) => row.split(' ')[0])).toEqual(['min-gru', 'sru', 'gru', 'lstm']);
    // The row of a run that was not asked for again is what it was, its test accuracy included.
    expect(shown[4].replaceAll(/ +/g, ' ')).toBe(table[2].replaceAll(/ +/g, ' '));
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('min-gru, sru, gru, lstm');
  });

  test('the report leaves out unfinished runs and runs of another comparison, with a notice', async () => {
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
        'Name gru in --cells to finish it.\n',
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

  test('an unknown or missing cell is an error before any training', async () => {
    const { error } = await command(['compare', '--cells', 'gru,abacus']);
    expect(error).toMatch(/Allowed choices are attention-gru, .*gru, /);
    expect((await command(['compare'])).error).toMatch(/required option '--cells <names>'/);
    expect(existsSync('comparison')).toBe(false);
  });
});

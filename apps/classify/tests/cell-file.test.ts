import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { command, objects, small } from './command.js';
import { scratchFile, scratchFolder, toyLines } from './scratch.js';

const TEXT = `
# A GRU without a reset gate.
name: minimal
z = sigmoid(Wz x + Uz h + bz)
n = tanh(Wn x + Un h + bn)
h = z * h + (1 - z) * n
`;

const LATEX = String.raw`
\begin{align}
  f_t &= \sigma(W_f [h_{t-1}, x_t] + b_f) \\
  h_t &= f_t \odot h_{t-1} + (1 - f_t) \odot \tanh(W [h_{t-1}, x_t] + b)
\end{align}`;

const train = (file: string, ...args: string[]) =>
  command(['train', ...small, '--data', scratchFile('data.txt', toyLines(40)), '--cell-file', file, ...args]);

describe('--cell-file', () => {
  test.each([
    ['my-cell.txt', TEXT, 'h = z ⊙ h₋ + (1 − z) ⊙ n'],
    ['my-cell.tex', LATEX, 'h = f ⊙ h₋ + (1 − f) ⊙ tanh('],
  ])('a model with the cell of %s is used and resumed without the file', async (name, text, equation) => {
    const file = scratchFile(name, text);
    const out = join(scratchFolder(), 'model');
    const trained = await train(file, '--out', out, '--json');
    expect(trained).toMatchObject({ status: 0, error: '' });
    expect(objects(trained.output).at(-1).summary).toMatchObject({ cell: 'file', epochs: 3 });
    rmSync(file);
    const inspected = await command(['inspect', '--model', out]);
    expect(inspected.output).toContain(equation);
    const before = await command(['predict', '--model', out, 'some text']);
    expect(before).toMatchObject({ status: 0, error: '' });
    const resumed = await command(['train', '--out', out, '--resume', '--epochs', '4', '--json']);
    expect(objects(resumed.output).at(-1).summary).toMatchObject({ cell: 'file', epochs: 4 });
  });

  test('a run does not resume with other equations', async () => {
    const out = join(scratchFolder(), 'model');
    await train(scratchFile('a.txt', TEXT), '--out', out);
    const other = scratchFile('b.txt', TEXT.replace('tanh', 'relu'));
    expect(await command(['train', '--out', out, '--resume', '--cell-file', other])).toMatchObject({
      status: 1,
      error: expect.stringContaining(`--cell-file has other equations than the run in ${out}`),
    });
  });

  test('mistakes are named before the training', async () => {
    const mistakes: [text: string, message: RegExp][] = [
      [
        'h = tanh(W x + U h',
        /my\.txt: Line 1, column 9: found the end of the equation.*\n {2}h = tanh\(W x \+ U h\n {10}\^/,
      ],
      ['h = W x + h\ny = V h\noutput: y\nwidths: y = 2', /the output has 2 numbers, expected 6, the units/],
      ['h = h + x', /do not fit a layer with inputSize 5 and units 6: .*Change --units or --embedding/],
    ];
    for (const [text, message] of mistakes) {
      const { status, error } = await train(scratchFile('my.txt', text));
      expect(status).toBe(1);
      expect(error).toMatch(message);
    }
    expect((await train('no-such-file.txt')).error).toMatch(/no-such-file\.txt/);
    expect(await train(scratchFile('my.txt', TEXT), '--cell', 'gru')).toMatchObject({
      status: 2,
      error: expect.stringContaining("'--cell-file <path>' cannot be used with option '--cell <name>'"),
    });
  });
});

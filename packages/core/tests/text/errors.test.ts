import { describe, expect, test } from 'vitest';
import {
  CellTextError,
  cellFromLatex,
  cellFromText,
  cells,
  explain,
  latex,
  planFor,
} from '../../src/index.js';
import { numbers } from '../problem.js';

const errorOf = (read: () => unknown): CellTextError => {
  try {
    read();
  } catch (error) {
    if (error instanceof CellTextError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('mistakes', () => {
  test('the message has the place, the line with a mark, what was found and how to fix it', () => {
    const error = errorOf(() => cellFromText('z = sigmoid(W x)\nh = tanh(U h_prev + z +)'));
    expect(error).toBeInstanceOf(TypeError);
    expect([error.line, error.column, error.length]).toEqual([2, 24, 1]);
    expect(error.message).toBe(
      "Line 2, column 24: found ')', expected a name, a number or a bracket.\n" +
        '  h = tanh(U h_prev + z +)\n' +
        '                         ^',
    );
  });

  const inText: readonly (readonly [text: string, line: number, column: number, message: RegExp])[] = [
    ['h = tanh(W x + U h', 1, 9, /found the end of the equation, expected an operation or '\)'\. Close '\('/],
    ['h = W x + U h)', 1, 14, /found '\)', expected an operation or the end/],
    ['h = h + x 2', 1, 11, /Numbers stand before what they scale/],
    ['h = tanh(W u + U h)', 1, 12, /no equation defines 'u'.*'input: u'/],
    ['h = g(W x) + U h', 1, 5, /unknown function 'g'.*functions: g = tanh/],
    ['h = W x + W ⊙ h', 1, 11, /'W' is a row here, but a matrix in line 1/],
    ['h = W x\nh = U h', 2, 1, /'h' is defined twice/],
    ['x = W h\nh = x', 1, 1, /'x' is the input of the cell and cannot be defined/],
    ['z = W x', 1, 1, /no name is used one step earlier.*z_\{t-1\}/],
    ['h = z * h_prev\nz = σ(h)', 2, 7, /depends on itself within a step/],
    ['h = h + c_prev', 1, 9, /'c' is used one step earlier, but no equation defines it/],
    ['h = h_t-1 + x', 1, 5, /can mean the step before or a difference/],
    ['h = h_{t-2} + x', 1, 8, /found the step 't-2', expected t or t-1/],
    ['h = h ** 2 + x', 1, 7, /found '\*\*'.*h\^2/],
    ['h = max(h, x, 2, 3)', 1, 5, /'max' takes 2 operands, but is given 4/],
    ['h = h\noutputs: y', 2, 1, /unknown declaration 'outputs'. Known: name, source/],
    ['h = h + x\nwidths: h = many', 1, 1, /the width of 'h' is 'many', expected a length/],
    [
      'h = h + W x\ny = V h',
      2,
      1,
      /neither a state nor the output needs 'y', which has the parameter 'V'.*output: y/,
    ],
    ['h = h + 1e99', 1, 9, /not finite as float32/],
    ['h = h ¿ x', 1, 7, /found '¿', expected a name/],
    ['(h, c) = W x + h', 1, 1, /the left side must be one name/],
  ];
  test.each(inText)('%s', (text, line, column, message) => {
    const error = errorOf(() => cellFromText(text));
    expect(error.message).toMatch(message);
    expect([error.line, error.column]).toEqual([line, column]);
  });

  const inLatex: readonly (readonly [text: string, line: number, column: number, message: RegExp])[] = [
    [String.raw`h_t = \foo(h_{t-1})`, 1, 7, /the command '\\foo', which is unknown.*\\mathrm\{foo\}/],
    [
      String.raw`reset_t = \sigma(W x_t + U h_{t-1})`,
      1,
      2,
      /the left side must be one name.*\\mathrm\{reset\}_t/,
    ],
    [
      String.raw`h_t = \sigma_g(W x_t + U h_{t-1})`,
      1,
      7,
      /the function 'σ' has the index 'g'.*functions: σ_g = sigmoid/,
    ],
    [
      String.raw`h_t = \mathrm{LayerNorm}(W x_t) + h_{t-1}`,
      1,
      7,
      /unknown function 'LayerNorm'.*functions: LayerNorm = tanh/,
    ],
    [String.raw`\begin{figure} h_t = h_{t-1}`, 1, 1, /the environment 'figure'/],
    ['h_{t-1} = h_t', 1, 1, /an equation defines a row of this step/],
    [String.raw`h_t = \begin{cases} a & b \end{cases} + h_{t-1}`, 1, 7, /expected two cases/],
    ['h_t = W x_t \\\\\n h_t + h_{t-1}', 2, 2, /found no '='/],
  ];
  test.each(inLatex)('%s', (text, line, column, message) => {
    const error = errorOf(() => cellFromLatex(text));
    expect(error.message).toMatch(message);
    expect([error.line, error.column]).toEqual([line, column]);
  });

  test('the arguments are checked', () => {
    expect(() => cellFromText(undefined as never)).toThrow(/cellFromText: expected the equations as a text/);
    expect(() => cellFromText('h = h', { outputs: 'h' } as never)).toThrow(
      /'outputs', which is unknown. Known: name/,
    );
    expect(() => cellFromText('h = h', { parameters: { kernel: { block: [] } } } as never)).toThrow(
      /'block', which is unknown/,
    );
  });
});

describe('hostile texts', () => {
  test('changed texts end in a cell or an error with a place', () => {
    const random = numbers(11);
    const upTo = (count: number) => Math.floor(((random(1)[0] + 1) / 2) * count);
    const sizes = { inputSize: 3, units: 4 };
    const options = { declarations: true };
    const texts = [cells.gru(), cells.sru(), cells.cfc({ backboneUnits: 3 })].flatMap((cell) => [
      explain(cell, sizes, options),
      latex(cell, sizes, options),
    ]);
    const pieces = [
      ...'()[]{}_^\\|-+=/·⊙,;.:\n&$%tx₋\'"𝒽',
      '\\frac',
      '\\tilde',
      '\\begin{cases}',
      '__proto__',
      '9e99',
      '[0:3]',
    ];
    let read = 0;
    for (let i = 0; i < 1500; i++) {
      let text = texts[i % texts.length];
      for (let changes = 1 + upTo(3); changes > 0; changes--) {
        const at = upTo(text.length);
        text = text.slice(0, at) + pieces[upTo(pieces.length)] + text.slice(at + upTo(4));
      }
      try {
        (i % 2 ? cellFromLatex : cellFromText)(text);
        read++;
      } catch (error) {
        if (!(error instanceof CellTextError)) throw new Error(`${text}\n${(error as Error).stack}`);
      }
    }
    expect(read).toBeGreaterThan(100);
    expect(read).toBeLessThan(1400);
  });

  const many = 100_000;
  const long: readonly (readonly [name: string, text: string])[] = [
    ['brackets', `h = h + ${'('.repeat(many)}x`],
    ['closed brackets', `h = h + ${'['.repeat(many)}x${']'.repeat(many)}`],
    ['signs', `h = h ${'- '.repeat(many)}x`],
    ['fractions', `h = h + ${'\\frac{'.repeat(many)}`],
    ['marks', `h = ${'\\tilde{'.repeat(many)}h`],
    ['sums', `h = h ${'+ x '.repeat(many)}`],
    ['letters', 'h'.repeat(900_000)],
    ['spaces', ' '.repeat(900_000)],
    ['functions', `h = ${'tanh '.repeat(many)}`],
    ['indices', `h${'_a'.repeat(many)} = h`],
    ['lines', '\n'.repeat(900_000)],
    ['too much', 'x'.repeat(1_000_001)],
  ];
  test.each(long)('%s without end are refused', (_, text) => {
    expect(errorOf(() => cellFromText(text)).message.length).toBeLessThan(1000);
    expect(errorOf(() => cellFromLatex(text)).message.length).toBeLessThan(1000);
  });

  test('names of JavaScript objects are names like others', () => {
    const cell = cellFromText('constructor = toString_prev * x\ntoString = constructor + hasOwnProperty');
    expect(planFor(cell, { inputSize: 3, units: 3 }).states).toEqual(['toString']);
  });
});

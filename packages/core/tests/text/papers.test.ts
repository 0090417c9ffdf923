import { describe, expect, test } from 'vitest';
import {
  type Cell,
  cellFromLatex,
  cellFromText,
  cells,
  explain,
  planFor,
  referenceForward,
} from '../../src/index.js';
import { layouts } from '../../src/layouts/index.js';

const GRU = String.raw`
\begin{align}
  z_t &= \sigma(W_z \cdot [h_{t-1}, x_t] + b_z), \\
  r_t &= \sigma\left(W_r \cdot [h_{t-1}, x_t] + b_r\right), \nonumber \\[2pt]
  \tilde{h}_t &= tanh(W \cdot [r_t \odot h_{t-1}, x_t] + b) \tag{3} \\
  h_t &= (1 - z_t) \odot h_{t-1} + z_t \odot \tilde{h_t}.
\end{align}`;

const SRU = String.raw`
f_t = \sigma(\mathbf{W}_f x_t + v_f \odot c_{t-1} + b_f) \\
c_t = f_t \odot c_{t-1} + (1 - f_t) \odot (\mathbf{W} x_t) \\
r_t = \sigma(W_r x_t + v_r \odot c_{t-1} + b_r) \\
h_t = r_t \odot c_t + (1 - r_t) \odot x_t`;

const numbers = (length: number, seed: number) =>
  Float64Array.from({ length }, (_, i) => Math.sin(seed + 1.7 * i));

/** The outputs of two sequences of three steps. */
function run(
  cell: Cell,
  sizes: { inputSize: number; units: number },
  weights: Readonly<Record<string, Float64Array>>,
) {
  const plan = planFor(cell, sizes);
  const parameters = plan.parameters.map(({ name, shape }) => {
    const given = weights[name];
    expect(given, name).toHaveLength(shape.reduce((a, b) => a * b, 1));
    return given;
  });
  return referenceForward(plan, { batch: 2, timesteps: 3, x: numbers(6 * sizes.inputSize, 9), parameters })
    .sequence;
}

/** Matrices with a row for each unit, as papers multiply, side by side with a column for each unit. */
function columnsOf(matrices: readonly Float64Array[], rows: number, units: number): Float64Array {
  const blocks = matrices.length;
  return Float64Array.from({ length: rows * blocks * units }, (_, i) => {
    const [row, column] = [Math.floor(i / (blocks * units)), i % (blocks * units)];
    return matrices[Math.floor(column / units)][(column % units) * rows + row];
  });
}

const concatenate = (...arrays: Float64Array[]) => Float64Array.from(arrays.flatMap((array) => [...array]));

describe('the equations of papers', () => {
  test('the GRU of an article has the numbers of the catalogue', () => {
    const sizes = { inputSize: 3, units: 4 };
    const [update, reset, candidate] = [1, 2, 3].map((seed) => numbers(4 * 7, seed));
    const [updateBias, resetBias, candidateBias] = [4, 5, 6].map((seed) => numbers(4, seed));
    const native = layouts.concatenated.gru.toNative(
      {
        updateWeight: update,
        resetWeight: reset,
        candidateWeight: candidate,
        updateBias,
        resetBias,
        candidateBias,
      },
      sizes,
    );
    const expected = run(cells.gru({ resetAfter: false, update: 'take' }), sizes, { ...native } as Record<
      string,
      Float64Array
    >);
    const cell = cellFromLatex(GRU);
    // Equations of a page, each on a line, without the signs that end rows.
    const lines = GRU.replace(/\\\\(\[2pt\])?|&/g, '');
    expect(explain(cellFromLatex(lines))).toBe(explain(cell));
    expect(cell.parameters(sizes).map(({ name, blocks }) => [name, ...blocks])).toEqual([
      ['kernel', 'z', 'r', 'h̃'],
      ['bias', 'z', 'r', 'h̃'],
    ]);
    const found = run(cell, sizes, {
      kernel: columnsOf([update, reset, candidate], 7, 4),
      bias: concatenate(updateBias, resetBias, candidateBias),
    });
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 13);
    });
  });

  test('the SRU of Lei et al. has the numbers of the catalogue', () => {
    const sizes = { inputSize: 4, units: 4 };
    const [f, c, r] = [1, 2, 3].map((seed) => numbers(16, seed));
    const [recurrentVector, bias] = [numbers(8, 4), numbers(8, 5)];
    const expected = run(cells.sru(), sizes, { kernel: columnsOf([c, f, r], 4, 4), recurrentVector, bias });
    const cell = cellFromLatex(SRU);
    expect(cell.states).toEqual(['c']);
    expect(() => planFor(cell, { inputSize: 3, units: 4 })).toThrow(
      /needs inputSize = units, but .* inputSize 3 and units 4/,
    );
    const found = run(cell, sizes, { kernel: columnsOf([f, c, r], 4, 4), recurrentVector, bias });
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 13);
    });
  });

  const plain = [
    'z = sigmoid(Wz x + Uz h + bz)\nr = sigmoid(Wr x + Ur h + br)\nn = tanh(Wn x + Un (r * h) + bn)\nh = z * h + (1 - z) * n',
    'z = σ(W_z x + U_z h₋ + b_z)\nr = σ(W_r x + U_r h₋ + b_r)\nn = tanh(W_n x + U_n (r ⊙ h₋) + b_n)\nh = z ⊙ h₋ + (1 − z) ⊙ n',
    'z_t = σ(W_z·x_t + U_z·h_{t-1} + b_z); r_t = σ(W_r·x_t + U_r·h_{t-1} + b_r)\nn_t = tanh(W_n·x_t + U_n·(r_t∘h_{t-1}) + b_n)\nh_t = z_t∘h_{t-1} + (1 - z_t)∘n_t',
    'h = z*h[t-1] + (1 - z)*n\nn = tanh(W_n x[t] + U_n (r*h[t-1]) + b_n)\nz = σ(W_z x[t] + U_z h[t-1] + b_z)\nr = σ(W_r x[t] + U_r h[t-1] + b_r)\nparameter kernel: blocks z r n\nparameter recurrentKernel: blocks z r n\nparameter bias: blocks z r n',
    '# with comments\nz = sigmoid(\n  Wz x + Uz @ h_prev\n  + bz)\nr = sigmoid(Wr x + Ur h_prev + br)\nn = tanh(x Wn + (r*h_prev) Un + bn)\nh = z h_prev + (1 - z) n',
  ];
  test.each(plain.map((text, i) => [i, text] as const))(
    'plain text %i is the GRU of the catalogue',
    (_, text) => {
      const sizes = { inputSize: 3, units: 4 };
      const weights = { kernel: numbers(36, 1), recurrentKernel: numbers(48, 2), bias: numbers(12, 3) };
      const expected = run(cells.gru({ resetAfter: false }), sizes, weights);
      const found = run(cellFromText(text), sizes, weights);
      found.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 13);
      });
    },
  );

  test('an LSTM has the output h, although c is defined before it', () => {
    const lstm = cellFromLatex(String.raw`
      $$ \mathbf{i}_t = \sigma_g(W_{i} x_t + U_{i} h_{t-1} + b_i) $$
      $$ f_t = \sigma_g(W_{f} x_t + U_{f} h_{t-1} + b_f) $$
      $$ \hat{c}_t = \mathrm{tanh}(W_{c} x_t + U_{c} h_{t-1} + b_c) $$
      $$ o_t = \frac{1}{1 + e^{-(W_{o} x_t + U_{o} h_{t-1} + b_o)}} $$
      $$ c_t = f_t \circ c_{t-1} + i_t \circ \hat{c}_t, \quad \text{and} \quad h_t = o_t \circ \tanh c_t $$
      % functions: \sigma_g = sigmoid
    `);
    const sizes = { inputSize: 3, units: 4 };
    const weights = { kernel: numbers(48, 1), recurrentKernel: numbers(64, 2), bias: numbers(16, 3) };
    expect(lstm.states).toEqual(['h', 'c']);
    const expected = run(cells.lstm(), sizes, weights);
    run(lstm, sizes, weights).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 13);
    });
  });

  test('the state h comes first, also where another is used before it', () => {
    expect(cellFromText('c = c_prev + W x\nh = h_prev + c').states).toEqual(['h', 'c']);
    expect(cellFromText('d = d_prev + W x\nc = c_prev + d').states).toEqual(['d', 'c']);
    // Without h, what is said counts.
    expect(cellFromText('d = d_prev + W x\nc = c_prev + d\nstates: c, d').states).toEqual(['c', 'd']);
  });

  test('rows of matrices, bold letters, and matrices behind their rows are understood', () => {
    const cell = cellFromLatex(String.raw`
      \mathbf{R}_t = \sigma(\mathbf{X}_t \mathbf{W}_{\mathrm{xr}} + \mathbf{H}_{t-1} \mathbf{W}_{\mathrm{hr}} + \mathbf{b}_\mathrm{r}) \\
      \mathbf{H}_t = \tanh\left( W_{h} \begin{bmatrix} R_t \odot H_{t-1} \\ X_t \end{bmatrix} \right)`);
    expect(cell.parameters({ inputSize: 3, units: 4 }).map(({ name, shape }) => [name, shape])).toEqual([
      ['kernel', [3, 4]],
      ['W', [7, 4]],
      ['recurrentKernel', [4, 4]],
      ['bias', [4]],
    ]);
  });

  test('the input of the step before is a state of its own', () => {
    const cell = cellFromLatex('h_t = h_{t-1} + V x_{t-1} + W x_t');
    const sizes = { inputSize: 2, units: 3 };
    expect(cell.stateWidths(sizes)).toEqual([3, 2]);
    const plan = planFor(cell, sizes);
    const x = numbers(4, 1);
    const [kernel, v] = [numbers(6, 2), numbers(6, 3)];
    expect(plan.parameters.map(({ name }) => name)).toEqual(['V', 'kernel']);
    const { sequence } = referenceForward(plan, { batch: 1, timesteps: 2, x, parameters: [v, kernel] });
    const product = (row: number, matrix: Float64Array, unit: number) =>
      x[2 * row] * matrix[unit] + x[2 * row + 1] * matrix[3 + unit];
    for (let unit = 0; unit < 3; unit++) {
      const expected = product(0, kernel, unit) + product(0, v, unit) + product(1, kernel, unit);
      expect(sequence[3 + unit]).toBeCloseTo(expected, 13);
    }
  });
});

describe('declarations', () => {
  const text = 'h = tanh(W x + U h + b)\ny = V h';

  test('a line, a comment and an option say the same', () => {
    const sizes = { inputSize: 3, units: 4 };
    const all = [
      cellFromText(`${text}\noutput: y\nwidths: y = 2`),
      cellFromText(text, { output: 'y', widths: { y: 2 } }),
      cellFromLatex('h_t = \\tanh(W x_t + U h_{t-1} + b), y_t = V h_t % output: y_t\n% widths: y = 2'),
    ];
    for (const cell of all) {
      expect(planFor(cell, sizes).outputWidth).toBe(2);
      expect(cell.parameters(sizes).map(({ name, shape }) => [name, shape])).toContainEqual(['V', [4, 2]]);
    }
  });

  test('states, sizes, functions and parameters can be declared', () => {
    const cell = cellFromText(`
      name: mine
      source: a paper
      input: u
      states: c, h
      sizes: inputSize 3, units 4
      functions: g = leakyRelu
      parameter matrices: symbol W, role kernel, blocks b a, initial a 0
      c = c_prev + W_a u
      h = g(W_b u) * c + h_prev`);
    expect([cell.name, cell.source, ...cell.states]).toEqual(['mine', 'a paper', 'c', 'h']);
    expect(cell.parameters({ inputSize: 3, units: 4 })).toMatchObject([
      { name: 'matrices', blocks: ['b', 'a'], initial: { a: 0 } },
    ]);
    expect(() => cell.parameters({ inputSize: 3, units: 5 })).toThrow(
      /written for inputSize 3 and units 4, but is used with .* units 5/,
    );
  });
});

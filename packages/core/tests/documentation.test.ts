import { describe, expect, test } from 'vitest';
import {
  bias,
  concat,
  kernel,
  max,
  mean,
  normalize,
  normalizeRms,
  recurrentKernel,
  slice,
  softmax,
  split,
  sqrt,
  sum,
  sumParts,
  tanh,
  tile,
} from '../src/equations/index.js';
import { cells, defineCell, explain, latex } from '../src/index.js';

describe('explain', () => {
  const gru = explain(cells.gru({ resetAfter: false }), { inputSize: 5, units: 3 });

  test('writes the equations with their names', () => {
    expect(gru).toContain('z = σ(W_z x + U_z h₋ + b_z)');
    expect(gru).toContain('n = tanh(W_n x + U_n (r ⊙ h₋) + b_n)');
    expect(gru).toContain('h = z ⊙ h₋ + (1 − z) ⊙ n');
  });

  test('gives the parameter shapes, stages and counts', () => {
    expect(gru).toContain('kernel [5, 9]: z r n');
    expect(gru).toContain(`${5 * 9 + 3 * 9 + 9} numbers altogether`);
    expect(gru).toContain('matrix product: [U_z U_r] h₋, 3 × 6');
    expect(gru).toContain('matrix product: [U_n] (r ⊙ h₋), 3 × 3');
    expect(gru).toContain(`forward: ${5 * 9 + 3 * 9} multiply-adds`);
  });

  test('shows that SRU has no matrix product in its time loop', () => {
    const step = explain(cells.sru())
      .split('\n\n')
      .find((part) => part.startsWith('At every time step'));
    expect(step).toMatch(/pointwise program/);
    expect(step).not.toMatch(/matrix product/);
  });
});

describe('latex', () => {
  test('writes one aligned line for each equation', () => {
    expect(latex(cells.lstm())).toBe(
      [
        '\\begin{aligned}',
        '  i_t &= \\sigma\\left(W_{i} x_t + U_{i} h_{t-1} + b_{i}\\right) \\\\',
        '  f_t &= \\sigma\\left(W_{f} x_t + U_{f} h_{t-1} + b_{f}\\right) \\\\',
        '  g_t &= \\tanh\\left(W_{g} x_t + U_{g} h_{t-1} + b_{g}\\right) \\\\',
        '  o_t &= \\sigma\\left(W_{o} x_t + U_{o} h_{t-1} + b_{o}\\right) \\\\',
        '  c_t &= f_t \\odot c_{t-1} + i_t \\odot g_t \\\\',
        '  h_t &= o_t \\odot \\tanh\\left(c_t\\right)',
        '\\end{aligned}',
      ].join('\n'),
    );
  });

  test('writes a root over its argument', () => {
    const cell = defineCell({
      name: 'root',
      states: ['h'],
      parameters: { kernel: kernel('a') },
      equations: ({ x, h }, { kernel: W }) => ({ h: sqrt(W.a(x).add(h)).mul(h) }),
    });
    expect(latex(cell)).toContain('h_t &= \\sqrt{W_{a} x_t + h_{t-1}} \\odot h_{t-1}');
    expect(explain(cell)).toContain('h = sqrt(W_a x + h₋) ⊙ h₋');
  });

  test('writes brackets only around operations of lower precedence', () => {
    const cell = defineCell({
      name: 'odd',
      states: ['h'],
      parameters: { kernel: kernel('a'), recurrentKernel: recurrentKernel('a') },
      equations: ({ x, h }, { kernel: W, recurrentKernel: U }) => {
        const a = W.a(x);
        const b = U.a(h);
        return { h: a.sub(b.sub(h)).div(a.add(2)).add(b.neg().mul(h).oneMinus()) };
      },
    });
    expect(latex(cell)).toContain(
      'h_t &= 1 - \\left(-U_{a} h_{t-1}\\right) \\odot h_{t-1} + \\frac{W_{a} x_t - \\left(U_{a} h_{t-1} - h_{t-1}\\right)}{W_{a} x_t + 2}',
    );
  });

  test('writes the order in which sums and products are computed', () => {
    const cell = defineCell({
      name: 'order',
      states: ['h'],
      parameters: { bias: bias('a', 'b', 'c', 'd') },
      equations: ({ h }, { bias: b }) => ({
        h: h.mul(b.a.mul(b.b)),
        sum: h.add(b.c.sub(b.d)),
        both: b.a.add(b.b).add(b.c.add(b.d)),
        scaled: h.mul(b.a.add(b.b).mul(0.5)),
      }),
    });
    const printed = explain(cell);
    for (const line of [
      'h = b_a ⊙ b_b ⊙ h₋',
      'sum = b_c − b_d + h₋',
      'both = b_a + b_b + (b_c + b_d)',
      'scaled = 0.5 · (b_a + b_b) ⊙ h₋',
    ]) {
      expect(printed).toContain(`${line}\n`);
    }
  });

  test('writes Greek letters, marks and second names', () => {
    const cell = defineCell({
      name: 'letters',
      states: ['h', 'c'],
      parameters: { bias: { ...bias('τ'), symbol: 'β' } },
      equations: ({ h }, { bias: b }) => {
        const next = h.add(b.τ);
        return { h̃: h.mul(2), h: next, c: next, output: next };
      },
    });
    expect(latex(cell)).toBe(
      [
        '\\begin{aligned}',
        '  \\tilde{h}_t &= 2 \\cdot h_{t-1} \\\\',
        '  c_t &= h_{t-1} + \\beta_{\\tau} \\\\',
        '  h_t &= c_t \\\\',
        '  \\mathrm{output}_t &= c_t',
        '\\end{aligned}',
      ].join('\n'),
    );
  });
});

describe('rows of any width', () => {
  const cell = defineCell({
    name: 'rows',
    states: { h: 'units', window: ({ units }) => 2 * units, s: 1 },
    parameters: {
      kernel: { ...kernel('a'), rows: ({ inputSize, units }) => inputSize + units },
      recurrentKernel: { ...recurrentKernel('g'), groups: 2 },
    },
    equations: ({ x, h, window, s }, { kernel: W, recurrentKernel: U }) => ({
      h: tanh(W.a(concat(x, h)).add(U.g(h))).mul(s),
      window: concat(split(window, 2)[1], h),
      s: sum(slice(window, 1, 3).mul(2)),
    }),
  });
  const sizes = { inputSize: 3, units: 4 };

  test('explain gives the widths, the parts of matrices and the groups', () => {
    const text = explain(cell, sizes);
    expect(text).toContain('inputSize 3, units 4, states h, window [8], s [1]');
    expect(text).toContain('h = s₋ · tanh(W_a[0:3] x + W_a[3:7] h₋ + U_g h₋)');
    expect(text).toContain('window = [window₋[4:8], h₋]');
    expect(text).toContain('s = sum(2 · window₋[1:4])');
    expect(text).toContain('recurrentKernel [2, 4]: g, each block-diagonal: 2 groups of 2 × 2');
    expect(text).toContain('matrix product: [W_a[0:3]] x, 3 × 4');
  });

  test('latex has the same', () => {
    const text = latex(cell, sizes);
    expect(text).toContain(
      's_{t-1} \\cdot \\tanh\\left(W_{a}\\left[0{:}3\\right] x_t + W_{a}\\left[3{:}7\\right] h_{t-1} + U_{g} h_{t-1}\\right)',
    );
    expect(text).toContain(
      '\\mathrm{window}_t &= \\left[\\mathrm{window}_{t-1}\\left[4{:}8\\right],\\; h_{t-1}\\right]',
    );
  });

  test('functions of rows have their names, other operations do not', () => {
    const written = defineCell({
      name: 'functions',
      states: ['h'],
      parameters: {},
      equations: ({ x, h }) => ({
        h: h.mul(0.5),
        a: softmax(x, 2),
        b: normalize(x, { parts: 3 }),
        c: normalizeRms(x.add(h)),
        d: mean(x, 2),
        pairs: max(x, 3),
        e: max(x.mul(h)),
        own: normalize(x, { epsilon: 0.5 }),
        f: sumParts(tile(x, 2), 4),
        g: softmax(x),
        other: x.sub(max(h)).div(sum(x)),
      }),
    });
    const text = explain(written, { inputSize: 6, units: 6 });
    const lines = ['a = softmax(x, 2)', 'b = normalize(x, 3)', 'c = normalizeRms(x + h₋)', 'd = mean(x, 2)'];
    lines.push(
      'pairs = max_3(x)',
      'e = max(x ⊙ h₋)',
      'f = sumParts(tile(x, 2), 4)',
      'g = softmax(x)',
      'own = (x − mean(x)) / sqrt(mean((x − mean(x)) ⊙ (x − mean(x))) + 0.5)',
    );
    for (const line of [...lines, 'other = (x − max(h₋)) / sum(x)']) expect(text).toContain(line);
    expect(latex(written, { inputSize: 6, units: 6 })).toContain(
      '\\operatorname{softmax}_{2}\\left(x_t\\right)',
    );
  });

  test('a value that many others share is written once', () => {
    const doubled = defineCell({
      name: 'doubled',
      states: ['h'],
      parameters: {},
      equations: ({ h }) => ({ h: Array.from({ length: 40 }).reduce<typeof h>((row) => row.mul(row), h) }),
    });
    expect(explain(doubled).length).toBeLessThan(20_000);
  });
});

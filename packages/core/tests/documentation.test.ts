import { describe, expect, test } from 'vitest';
import { kernel, recurrentKernel, sqrt } from '../src/equations/index.js';
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
      'h_t &= \\frac{W_{a} x_t - \\left(U_{a} h_{t-1} - h_{t-1}\\right)}{W_{a} x_t + 2} + 1 - \\left(-U_{a} h_{t-1}\\right) \\odot h_{t-1}',
    );
  });
});

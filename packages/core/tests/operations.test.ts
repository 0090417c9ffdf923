import { describe, expect, test } from 'vitest';
import { type OperationName, operations } from '../src/backend/index.js';
import { activation, activationAliases } from '../src/equations/activations.js';
import { type ActivationName, type ActivationSetting, activations } from '../src/equations/index.js';
import { erf } from '../src/equations/operations.js';
import { cellFrom, cells, planFor, referenceForward } from '../src/index.js';

/** erf, rounded to float64: Abramowitz & Stegun 1964, table 7.1, continued in 30-digit arithmetic. */
const ERF: [x: number, value: number][] = [
  [1e-8, 1.1283791670955126e-8],
  [0.1, 0.1124629160182849],
  [0.5, 0.5204998778130465],
  [1, 0.8427007929497149],
  [1.5, 0.9661051464753108],
  [2, 0.9953222650189527],
  [2.4999, 0.9995928300996666],
  [2.5, 0.999593047982555],
  [2.5001, 0.9995932657565293],
  [3, 0.9999779095030014],
  [4, 0.9999999845827421],
  [5.5, 0.9999999999999927],
];

/** A few units in the last place. */
const ERF_ACCURACY = 1e-15;

describe('erf', () => {
  test.each(ERF)('of %d is %d', (x, value) => {
    expect(Math.abs(erf(x) - value) / value).toBeLessThan(ERF_ACCURACY);
    expect(erf(-x)).toBe(-erf(x));
  });

  test('has the limits ±1 and keeps zero and NaN', () => {
    expect([erf(6.5), erf(Infinity), erf(-Infinity)]).toEqual([1, 1, -1]);
    expect([erf(0), erf(-0), erf(Number.NaN)]).toEqual([0, -0, Number.NaN]);
  });

  test('has no jump between the series and the continued fraction', () => {
    const slope = (2 / Math.sqrt(Math.PI)) * Math.exp(-6.25);
    expect((erf(2.5 + 1e-6) - erf(2.5 - 1e-6)) / 2e-6 / slope).toBeCloseTo(1, 6);
  });
});

describe('operations', () => {
  /** Comparisons answer yes or no, and `select` chooses by them. */
  const names = (Object.keys(operations) as OperationName[]).filter(
    (name) => !['greater', 'greaterEqual', 'select'].includes(name),
  );

  test.each(names)('%s of NaN is NaN', (name) => {
    const { arity, evaluate } = operations[name];
    expect(evaluate(Number.NaN, 0.5)).toBeNaN();
    if (arity === 2) expect(evaluate(0.5, Number.NaN)).toBeNaN();
  });

  test.each(['sigmoid', 'tanh', 'erf', 'softplus', 'exp'] as const)('%s has its limits at ±∞', (name) => {
    const limits = {
      sigmoid: [0, 1],
      tanh: [-1, 1],
      erf: [-1, 1],
      softplus: [0, Infinity],
      exp: [0, Infinity],
    };
    const { evaluate } = operations[name];
    expect([evaluate(-Infinity, 0), evaluate(Infinity, 0)]).toEqual(limits[name]);
    expect([evaluate(-800, 0), evaluate(800, 0)].every((value) => !Number.isNaN(value))).toBe(true);
  });

  test('sqrt keeps the sign of 0 and is NaN below 0', () => {
    const { evaluate } = operations.sqrt;
    expect([2.25, 0, -0, Infinity, -1].map((x) => evaluate(x, 0))).toEqual([
      1.5,
      0,
      -0,
      Infinity,
      Number.NaN,
    ]);
  });

  test('softplus is exact at both ends', () => {
    const { evaluate } = operations.softplus;
    expect(evaluate(-50, 0)).toBeCloseTo(Math.exp(-50), 30);
    expect(evaluate(50, 0)).toBe(50 + Math.exp(-50));
    expect(evaluate(0, 0)).toBeCloseTo(Math.LN2, 15);
  });
});

describe('activations', () => {
  const unit = (x: number) => Math.max(0, Math.min(1, x));
  const normal = (x: number) => (1 + erf(x / Math.SQRT2)) / 2;
  const definitions: Record<keyof typeof activations, (x: number) => number> = {
    sigmoid: (x) => 1 / (1 + Math.exp(-x)),
    tanh: (x) => (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1),
    relu: (x) => (x > 0 ? x : 0),
    hardSigmoid: (x) => unit(0.2 * x + 0.5),
    hardSigmoidSixth: (x) => unit(x / 6 + 0.5),
    softsign: (x) => x / (1 + Math.abs(x)),
    softplus: (x) => Math.log(1 + Math.exp(x)),
    exp: Math.exp,
    log: Math.log,
    silu: (x) => x / (1 + Math.exp(-x)),
    gelu: (x) => x * normal(x),
    elu: (x) => (x > 0 ? x : Math.exp(x) - 1),
    selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (Math.exp(x) - 1)),
    mish: (x) => x * Math.tanh(Math.log(1 + Math.exp(x))),
    relu6: (x) => Math.min(6, Math.max(x, 0)),
    leakyRelu: (x) => (x > 0 ? x : 0.2 * x),
    thresholdedRelu: (x) => (x > 1 ? x : 0),
    affine: (x) => x,
    scaledTanh: (x) => Math.tanh(x),
    linear: (x) => x,
  };

  /** The activation of `x` as the reference computes it: a simple RNN whose product is `x` itself. */
  const applied = (setting: ActivationSetting, x: number): number => {
    const plan = planFor(cells.simpleRnn({ activation: setting, useBias: false }), {
      inputSize: 1,
      units: 1,
    });
    const parameters = [Float64Array.of(1), Float64Array.of(0)];
    return referenceForward(plan, { batch: 1, timesteps: 1, x: Float64Array.of(x), parameters }).sequence[0];
  };

  test.each(Object.keys(activations) as (keyof typeof activations)[])('%s', (name) => {
    const points = [-7, -2.6, -1, -0.3, 0, 0.4, 1, 2.4, 2.9, 7].filter((x) => name !== 'log' || x > 0);
    for (const x of points) expect(applied(name, x), `${name}(${x})`).toBeCloseTo(definitions[name](x), 13);
  });

  test('the two hard sigmoids differ', () => {
    expect(applied('hardSigmoid', 2.7)).toBe(1);
    expect(applied('hardSigmoidSixth', 2.7)).toBeCloseTo(0.95, 14);
  });

  test.each(Object.keys(activations) as ActivationName[])('%s hands NaN on', (name) => {
    expect(applied(name, Number.NaN)).toBeNaN();
  });

  test('with parameters', () => {
    const unit = (x: number) => Math.max(0, Math.min(1, x));
    const settings: [ActivationSetting, (x: number) => number][] = [
      [{ name: 'leakyRelu', alpha: 0.3 }, (x) => (x > 0 ? x : 0.3 * x)],
      [{ name: 'elu', alpha: 0.7 }, (x) => (x > 0 ? x : 0.7 * (Math.exp(x) - 1))],
      [{ name: 'hardSigmoid', alpha: 0.3 }, (x) => unit(0.3 * x + 0.5)],
      [{ name: 'hard_sigmoid', alpha: 0.3, beta: 0.1 }, (x) => unit(0.3 * x + 0.1)],
      [{ name: 'affine', alpha: 2, beta: -1 }, (x) => 2 * x - 1],
      [{ name: 'scaledTanh', alpha: 1.7, beta: 0.6 }, (x) => 1.7 * Math.tanh(0.6 * x)],
      [{ name: 'thresholdedRelu', alpha: 0.5 }, (x) => (x > 0.5 ? x : 0)],
      [{ name: 'thresholdedRelu', alpha: undefined }, (x) => (x > 1 ? x : 0)],
    ];
    for (const [setting, definition] of settings) {
      for (const x of [-3, -0.5, 0, 0.5, 0.75, 2]) {
        expect(applied(setting, x), `${JSON.stringify(setting)} of ${x}`).toBeCloseTo(definition(x), 13);
      }
      const cell = cells.simpleRnn({ activation: setting });
      const saved = JSON.parse(JSON.stringify({ name: cell.name, options: cell.options }));
      const sizes = { inputSize: 1, units: 1 };
      expect(planFor(cellFrom(saved), sizes).nodes).toEqual(planFor(cell, sizes).nodes);
    }
  });

  test('under the names of Keras and TensorFlow.js', () => {
    const pairs = Object.entries(activationAliases) as [ActivationName, keyof typeof activations][];
    expect(Object.fromEntries(pairs)).toMatchObject({
      swish: 'silu',
      exponential: 'exp',
      hard_sigmoid: 'hardSigmoid',
    });
    for (const [alias, name] of pairs) expect(applied(alias, 0.4)).toBe(applied(name, 0.4));
    expect(cells.simpleRnn({ activation: 'swish' }).options).toEqual({ activation: 'swish' });
  });

  test('an unknown parameter, or one that is no number, is refused', () => {
    expect(() => activation({ name: 'relu', alpha: 1 })).toThrow(
      /'relu' has no parameter 'alpha'; it has none/,
    );
    expect(() => activation({ name: 'elu', beta: 1 })).toThrow(/'elu' has no parameter 'beta'; it has alpha/);
    for (const alpha of [Number.NaN, '0.1', 1e39, null, Symbol('half')]) {
      const setting = { name: 'leakyRelu', alpha } as unknown as ActivationSetting;
      expect(() => cells.simpleRnn({ activation: setting })).toThrow(
        /'leakyRelu': alpha must be a finite number/,
      );
    }
    expect(() => activation({} as ActivationSetting)).toThrow(/Unknown activation undefined/);
  });

  test('an unknown name is refused with the known ones', () => {
    expect(() => activation('softmax' as ActivationName)).toThrow(
      /'softmax'. Known: sigmoid, .*linear, swish, .*hard_sigmoid/,
    );
    expect(() => activation('toString' as ActivationName)).toThrow(RangeError);
    expect(() => cells.indRnn({ activation: 'Tanh' as ActivationName })).toThrow("'Tanh'");
  });
});

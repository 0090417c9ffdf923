import { describe, expect, test } from 'vitest';
import { bias, kernel } from '../src/equations/index.js';
import { cellFrom, cells, defineCell, type JsonObject } from '../src/index.js';

describe('options are checked, since they may come from a file', () => {
  const wrong: [string, JsonObject, RegExp][] = [
    ['gru', { update: 'bogus' }, /gru: update must be keep or take, but is "bogus"/],
    ['gru', { resetafter: true }, /gru has no option 'resetafter'. Its options: .*resetAfter/],
    ['gru', { resetAfter: 'yes' }, /resetAfter must be a boolean, but is "yes"/],
    ['sru', { version: 3 }, /version must be 1 or 2, but is 3/],
    ['sru', { highwayBias: '1' }, /highwayBias must be a number/],
    ['sru', { highwayBias: Number.NaN }, /highwayBias must be a number, but is NaN/],
    ['sru', { scale: '1' }, /scale must be a number/],
    ['sru', { scale: 2, rescale: true }, /scale is 2, but rescale computes it/],
    ['sru', { recurrence: 'full', projectSkip: true }, /there is no projectSkip/],
    ['sru', { recurrence: 'full', layerNorm: true }, /there is no layerNorm/],
    ['sru', { normalizeAfter: true }, /give layerNorm: true too/],
    ['sru', { projection: 1.5 }, /projection must be a positive whole number, but is 1.5/],
    ['gru', { groups: 0 }, /groups must be a positive whole number, but is 0/],
    ['gru', { groups: 2, layerNorm: true }, /layerNorm cannot be combined with groups/],
    ['lstm', { clip: 0 }, /clip must be a positive number, but is 0/],
    ['gru', { clip: Number.POSITIVE_INFINITY }, /clip must be a positive number, but is Infinity/],
    ['lstm', { inputForget: 1 }, /inputForget must be a boolean, but is 1/],
    ['lstm', { outputActivation: { name: 'relu', alpha: 1 } }, /'relu' has no parameter 'alpha'/],
    ['lstm', { activation: 'tanhh' }, /^lstm, activation: Unknown activation 'tanhh'/],
    ['minGru', { toString: 1 }, /minGru has no option 'toString'/],
  ];
  test.each(wrong)('%s %j', (name, options, message) => {
    expect(() => cellFrom({ name, options })).toThrow(RangeError);
    expect(() => cellFrom({ name, options })).toThrow(message);
  });

  test('undefined options are absent', () => {
    expect(() => cells.gru({ update: undefined, useBias: false })).not.toThrow();
  });

  test('the reset gate of an SRU starts from the initializer, or from highwayBias', () => {
    const initial = (options: object) => {
      const shapes = cells.sru(options).parameters({ inputSize: 2, units: 2 });
      return shapes.find(({ name }) => name === 'bias')?.initial;
    };
    expect(initial({})).toBeUndefined();
    expect(initial({ highwayBias: -2 })).toEqual({ r: -2 });
  });
});

describe('declarations are checked', () => {
  const cellWith = (parameters: Parameters<typeof defineCell>[0]['parameters']) =>
    defineCell({ name: 'mine', states: ['h'], parameters, equations: ({ x }) => ({ h: x }) });
  const sizes = { inputSize: 3, units: 3 };

  test('a declaration without a block is refused', () => {
    expect(() => cellWith({ bias: bias() }).parameters(sizes)).toThrow(
      /'mine', parameter 'bias' has no block/,
    );
  });
  test('a repeated block is refused', () => {
    expect(() => cellWith({ kernel: kernel('z', 'z') }).parameters(sizes)).toThrow(
      /names the block 'z' twice/,
    );
  });
  test('blocks that do not divide into rows are refused', () => {
    const parameters = { bias: { ...bias('a', 'b', 'c'), storedRows: 2 } };
    expect(() => cellWith(parameters).parameters(sizes)).toThrow(/3 blocks cannot be stored in 2 rows/);
  });
});

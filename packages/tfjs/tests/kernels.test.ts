import { cells, planFor } from '@sluice/core';
import type { ArrayPlace, Backend, Kernels, Program } from '@sluice/core/backend';
import { pointwiseProgram } from '@sluice/core/backend';
import { describe, expect, test } from 'vitest';
import {
  type KernelArguments,
  POINTWISE,
  pointwiseKernel,
  pointwiseOperands,
  RECURRENT,
  RECURRENT_GRADIENT,
  recurrentKernels,
  replaceKernel,
  type TensorInfo,
  withFloatInputs,
  withSeparateActivation,
} from '../src/index.js';

/** A TensorFlow.js backend that keeps the numbers of its tensors in a map. */
class ArrayBackend {
  readonly numbers = new Map<object, Float32Array | Int32Array>();
  readonly disposed: object[] = [];

  tensor(values: Float32Array | Int32Array, dtype = 'float32', shape = [values.length]): TensorInfo {
    const dataId = {};
    this.numbers.set(dataId, values);
    return { dataId, shape, dtype };
  }

  disposeData(dataId: object): void {
    this.disposed.push(dataId);
    this.numbers.delete(dataId);
  }
}

const sum: Program<ArrayPlace> = pointwiseProgram(['a', 'b'], ({ a, b }) => [a.add(b)]);

describe('pointwiseOperands', () => {
  const tensor = (shape: number[], dtype = 'float32'): TensorInfo => ({ dataId: {}, shape, dtype });
  const call = (inputs: Record<string, TensorInfo>): KernelArguments<null> => ({
    inputs,
    attrs: { program: sum },
    backend: null,
  });

  test('takes the shape of the first load that is not a scalar', () => {
    const { shape, length } = pointwiseOperands(call({ load0: tensor([]), load1: tensor([2, 3]) }));
    expect([shape, length]).toEqual([[2, 3], 6]);
  });

  test('names the load that is missing, not float32 or of another length', () => {
    const load0 = tensor([2]);
    expect(() => pointwiseOperands(call({ load0 }))).toThrow(`${POINTWISE}: the input 'load1' is missing`);
    expect(() => pointwiseOperands(call({ load0, load1: tensor([2], 'int32') }))).toThrow(
      'load1 must be float32, but is int32; cast it',
    );
    expect(() => pointwiseOperands(call({ load0, load1: tensor([3]) }))).toThrow(/load1 must have 2 numbers/);
  });
});

describe('pointwiseKernel', () => {
  /** Kernels on arrays that know one program: the sum of two rows. */
  const kernels: Pick<
    Kernels<Float32Array, never, number>,
    'allocate' | 'release' | 'view' | 'compile' | 'run'
  > = {
    allocate: (length) => new Float32Array(length),
    release: () => {},
    view: (memory) => memory,
    compile: (_, units) => units,
    run: (units, { loads: [a, b], stores: [to] }, first, count) => {
      for (let row = first; row < first + count; row++) {
        for (let i = 0; i < units; i++) {
          to.memory[to.offset + row * to.stride + i] =
            a.memory[a.offset + row * a.stride + i] + b.memory[b.offset + row * b.stride + i];
        }
      }
    },
  };

  test.each([0, 1, 1024, 1025, 2500])('repeats a scalar over %i numbers', (length) => {
    const backend = new ArrayBackend();
    const values = Float32Array.from({ length }, (_, i) => i);
    const { kernelFunc } = pointwiseKernel<ArrayBackend, Float32Array, number>(kernels, {
      read: ({ numbers }, { dataId }) => numbers.get(dataId) as Float32Array,
      wrap: (to, buffer, shape) => to.tensor(buffer, 'float32', shape),
    });
    const inputs = {
      load0: backend.tensor(values),
      load1: backend.tensor(Float32Array.of(0.5), 'float32', []),
    };
    const [result] = kernelFunc({ inputs, attrs: { program: sum }, backend });
    expect(backend.numbers.get(result.dataId)).toEqual(values.map((value) => value + 0.5));
  });
});

describe('a kernel whose outputs cannot all be wrapped releases every buffer and disposes of every tensor', () => {
  const plan = planFor(cells.lstm(), { inputSize: 2, units: 2 });
  const live = new Set<object>();
  const allocate = (): object => {
    const buffer = {};
    live.add(buffer);
    return buffer;
  };
  const release = (buffer: object) => {
    expect(live.delete(buffer)).toBe(true);
  };
  /** Returns so many buffers without numbers in them. */
  const engineWith = (saved: boolean) =>
    ({
      upload: allocate,
      release,
      forward: () => ({
        sequence: allocate(),
        states: plan.states.map(allocate),
        saved: saved ? allocate() : undefined,
      }),
      gradient: () => ({
        x: allocate(),
        parameters: plan.parameters.map(allocate),
        initialStates: plan.states.map(allocate),
      }),
    }) as unknown as Backend<object>;
  const pointwise = {
    allocate,
    release,
    view: () => new Float32Array(4),
    compile: () => 0,
    run: () => {},
  };

  /** A TensorFlow.js backend with room for so many new tensors, which own their buffers. */
  class FullBackend {
    readonly owned = new Map<object, object>();
    constructor(private room: number) {}

    disposeData(dataId: object): void {
      release(this.owned.get(dataId) as object);
      this.owned.delete(dataId);
    }

    wrap(buffer: object, shape: number[]): TensorInfo {
      if (this.room-- <= 0) throw new RangeError('out of memory');
      const dataId = {};
      this.owned.set(dataId, buffer);
      return { dataId, shape, dtype: 'float32' };
    }
  }
  const access = {
    read: (_: FullBackend, { dataId }: TensorInfo) => dataId,
    wrap: (backend: FullBackend, buffer: object, shape: number[]) => backend.wrap(buffer, shape),
  };

  const tensor = (shape: number[]): TensorInfo => ({ dataId: {}, shape, dtype: 'float32' });
  const names = [
    ...plan.parameters.map((_, i) => `parameter${i}`),
    ...plan.states.flatMap((_, i) => [`state${i}`, `dState${i}`]),
    ...['sequence', 'dSequence'],
  ];
  const recurrentInputs = {
    x: tensor([1, 3, 2]),
    ...Object.fromEntries(names.map((name) => [name, tensor([2])])),
  };
  const attributes = {
    plan,
    reverse: false,
    timeMajor: false,
    maskedOutput: 'repeat',
    startsFromZeros: false,
  };
  const pair = pointwiseProgram(['a', 'b'], ({ a, b }) => [a.add(b), a.sub(b)]);
  const recurrent = (name: string, saved: boolean) => {
    const kernels = recurrentKernels<FullBackend, object>(engineWith(saved), access);
    return kernels.find(({ kernelName }) => kernelName === name)!.kernelFunc;
  };

  test.each([
    ['the forward pass', recurrent(RECURRENT, false), recurrentInputs, attributes, 4],
    ['the forward pass with saved values', recurrent(RECURRENT, true), recurrentInputs, attributes, 4],
    ['the gradient', recurrent(RECURRENT_GRADIENT, true), recurrentInputs, attributes, 6],
    [
      'a pointwise program',
      pointwiseKernel<FullBackend, object, number>(pointwise, access).kernelFunc,
      { load0: tensor([4]), load1: tensor([]) },
      { program: pair },
      2,
    ],
  ] as const)('%s', (_, kernelFunc, inputs, attrs, outputs) => {
    for (let room = 0; room < outputs; room++) {
      const backend = new FullBackend(room);
      expect(() => kernelFunc({ inputs, attrs, backend })).toThrow('out of memory');
      expect([live.size, backend.owned.size]).toEqual([0, 0]);
    }
    const backend = new FullBackend(outputs);
    expect(kernelFunc({ inputs, attrs, backend })).toHaveLength(outputs);
    for (const dataId of [...backend.owned.keys()]) backend.disposeData(dataId);
    expect(live.size).toBe(0);
  });

  test('a pointwise program that fails to compile', () => {
    const fail = () => {
      throw new Error('too long');
    };
    const { kernelFunc } = pointwiseKernel<FullBackend, object, number>(
      { ...pointwise, compile: fail },
      access,
    );
    const call = {
      inputs: { load0: tensor([4]), load1: tensor([]) },
      attrs: { program: pair },
      backend: new FullBackend(2),
    };
    expect(() => kernelFunc(call)).toThrow('too long');
    expect(live.size).toBe(0);
  });
});

test('replaceKernel keeps the fields of a registered kernel, and returns none for an unknown one', () => {
  const original = { kernelName: 'Cast', kernelFunc: (x: number) => x + 1 };
  const [replaced] = replaceKernel(original, (before) => (x) => 2 * before(x));
  expect(replaced!.kernelName).toBe('Cast');
  expect(replaced!.kernelFunc(3)).toBe(8);
  expect(replaceKernel(undefined as typeof original | undefined, (before) => before)).toEqual([]);
});

describe('withFloatInputs', () => {
  const stored = {
    storedAs: ({ numbers }: ArrayBackend, { dataId }: TensorInfo) =>
      numbers.get(dataId) instanceof Int32Array ? 'int32' : 'float32',
    toFloats: (backend: ArrayBackend, { dataId }: TensorInfo) =>
      backend.tensor(Float32Array.from(backend.numbers.get(dataId)!)),
  };
  type Call = KernelArguments<ArrayBackend>;

  test('converts float32 inputs that are stored as whole numbers, and frees the copies', () => {
    const backend = new ArrayBackend();
    const whole = backend.tensor(Int32Array.of(1, 2));
    const real = backend.tensor(Float32Array.of(3));
    const kernel = withFloatInputs(({ inputs }: Call) => {
      expect(inputs.real).toBe(real);
      return [...backend.numbers.get(inputs.whole!.dataId)!, inputs.whole!.dataId !== whole.dataId];
    }, stored);
    expect(kernel({ inputs: { whole, real }, backend })).toEqual([1, 2, true]);
    expect(backend.disposed).toHaveLength(1);
    expect([...backend.numbers.keys()]).toEqual([whole.dataId, real.dataId]);
  });

  test('frees the copies when the kernel throws', () => {
    const backend = new ArrayBackend();
    const whole = backend.tensor(Int32Array.of(1));
    const kernel = withFloatInputs((_: Call): number => {
      throw new Error('no memory');
    }, stored);
    expect(() => kernel({ inputs: { whole }, backend })).toThrow('no memory');
    expect(backend.numbers.size).toBe(1);
  });

  test('leaves int32 inputs as they are', () => {
    const backend = new ArrayBackend();
    const whole = backend.tensor(Int32Array.of(1), 'int32');
    const kernel = withFloatInputs(({ inputs }: Call) => inputs.whole, stored);
    expect(kernel({ inputs: { whole }, backend })).toBe(whole);
  });
});

describe('withSeparateActivation', () => {
  const tensor = (name: string) => ({ dataId: { name }, shape: [1], dtype: 'float32' });

  test('runs the activation on the product without one, and disposes of the product', () => {
    const [product, activated] = [tensor('product'), tensor('activated')];
    const disposed: object[] = [];
    const backend = { disposeData: (dataId: object) => disposed.push(dataId) };
    const attributes: unknown[] = [];
    const kernel = withSeparateActivation<typeof backend>(
      ({ attrs }) => {
        attributes.push(attrs);
        return product;
      },
      (name) =>
        name === 'relu'
          ? ({ inputs }) => {
              expect(inputs.x).toBe(product);
              return activated;
            }
          : undefined,
    );
    expect(kernel({ inputs: {}, attrs: { activation: 'relu', transposeA: true }, backend })).toBe(activated);
    expect(disposed).toEqual([product.dataId]);
    expect(kernel({ inputs: {}, attrs: { activation: 'tanh' }, backend })).toBe(product);
    expect(disposed).toEqual([product.dataId]);
    expect(attributes).toEqual([{ activation: 'linear', transposeA: true }, { activation: 'tanh' }]);
  });
});

import type { Kernels, Program } from '@sluice/core/backend';
import { pointwiseProgram } from '@sluice/core/backend';
import { describe, expect, test } from 'vitest';
import {
  type KernelArguments,
  POINTWISE,
  pointwiseKernel,
  pointwiseOperands,
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

const sum: Program = pointwiseProgram(['a', 'b'], ({ a, b }) => [a.add(b)]);

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

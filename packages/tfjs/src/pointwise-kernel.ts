import type { ArrayPlace, Kernels, Program, Rows } from '@sluice/core/backend';
import {
  type DataOwner,
  type KernelArguments,
  POINTWISE,
  type PointwiseAttributes,
  type TensorAccess,
  type TensorInfo,
  wrapOutputs,
} from './kernels.js';

/** Numbers of a row: tensors are divided into rows, which the threads of a device share. */
const ROW = 1024;

type PointwiseKernels<Memory, Compiled> = Pick<
  Kernels<Memory, never, Compiled>,
  'allocate' | 'release' | 'view' | 'compile' | 'run'
>;

/** The kernel of a device, ready for TensorFlow.js's `registerKernel` once `backendName` is added. */
export function pointwiseKernel<TfjsBackend extends DataOwner, Memory, Compiled>(
  kernels: PointwiseKernels<Memory, Compiled>,
  access: TensorAccess<TfjsBackend, Memory>,
) {
  const compiled = new CompiledPrograms(kernels);

  const kernelFunc = (call: KernelArguments<TfjsBackend>): TensorInfo[] => {
    const { backend } = call;
    const { program, tensors, shape, length } = pointwiseOperands(call);
    const units = Math.min(ROW, length);
    const repeated: Memory[] = [];
    const results: Memory[] = [];
    const release = (memory: Memory) => kernels.release(memory);
    try {
      const loads = tensors.map((tensor): Rows<Memory> => {
        const memory = access.read(backend, tensor);
        if (sizeOf(tensor) === length) return { memory, offset: 0, stride: units };
        const row = kernels.allocate(units);
        repeated.push(row);
        kernels.view(row).fill(kernels.view(memory)[0]);
        return { memory: row, offset: 0, stride: 0 };
      });
      for (const _ of program.stores) results.push(kernels.allocate(length));
      const stores = results.map((memory) => ({ memory, offset: 0, stride: units }));
      if (length > 0) {
        const runnable = compiled.of(program, units);
        const rows = Math.floor(length / units);
        kernels.run(runnable, { loads, stores }, 0, rows);
        if (rows * units < length) {
          // One more row for the rest: the last numbers. It computes some of them again, and loads never change.
          const last = (row: Rows<Memory>) => (row.stride === 0 ? row : { ...row, offset: length - units });
          kernels.run(runnable, { loads: loads.map(last), stores: stores.map(last) }, 0, 1);
        }
      }
    } catch (error) {
      results.forEach(release);
      throw error;
    } finally {
      repeated.forEach(release);
    }
    const wrap = (buffer: Memory) => access.wrap(backend, buffer, [...shape]);
    return wrapOutputs(
      results.map((buffer) => ({ buffer, wrap })),
      backend,
      release,
    );
  };

  return { kernelName: POINTWISE, kernelFunc };
}

/** The operands of a call of the kernel. */
export interface PointwiseOperands {
  readonly program: Program<ArrayPlace>;
  /** In the order of the program's loads; each of `length` numbers or of one. */
  readonly tensors: readonly TensorInfo[];
  /** The shape of the results. */
  readonly shape: readonly number[];
  readonly length: number;
}

/**
 * Checks and returns the operands of a call of the kernel.
 *
 * @throws Error, TypeError or RangeError naming a load that is missing, not float32 or of another length.
 */
export function pointwiseOperands<TfjsBackend>({
  inputs,
  attrs,
}: KernelArguments<TfjsBackend>): PointwiseOperands {
  const { program } = attrs as PointwiseAttributes;
  const tensors = program.loads.map((_, i) => floatInput(inputs, `load${i}`));
  const shape = commonShape(tensors);
  return { program, tensors, shape, length: sizeOf({ shape }) };
}

/** Compiles each program once for a device and a row length. */
class CompiledPrograms<Compiled> {
  private readonly known = new WeakMap<Program<ArrayPlace>, Map<number, Compiled>>();
  constructor(private readonly kernels: Pick<Kernels<never, never, Compiled>, 'compile'>) {}

  of(program: Program<ArrayPlace>, units: number): Compiled {
    const lengths = this.known.get(program) ?? new Map<number, Compiled>();
    this.known.set(program, lengths);
    const compiled = lengths.get(units) ?? this.kernels.compile(program, units);
    lengths.set(units, compiled);
    return compiled;
  }
}

const sizeOf = ({ shape }: { readonly shape: readonly number[] }): number =>
  shape.reduce((product, size) => product * size, 1);

/**
 * The shape of the results.
 * @throws RangeError naming a load that has another number of numbers.
 */
function commonShape(tensors: readonly TensorInfo[]): readonly number[] {
  const { shape } = tensors.find((tensor) => sizeOf(tensor) !== 1) ?? tensors[0];
  const length = sizeOf({ shape });
  tensors.forEach((tensor, i) => {
    const size = sizeOf(tensor);
    if (size === length || size === 1) return;
    throw new RangeError(
      `${POINTWISE}: load${i} must have ${length} numbers, like the shape [${shape}], or a single one, but has the shape ` +
        `[${tensor.shape}].`,
    );
  });
  return shape;
}

function floatInput(inputs: Record<string, TensorInfo | undefined>, name: string): TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`${POINTWISE}: the input '${name}' is missing.`);
  if (tensor.dtype === 'float32') return tensor;
  throw new TypeError(`${POINTWISE}: ${name} must be float32, but is ${tensor.dtype}; cast it.`);
}

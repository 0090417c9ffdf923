import type { ArrayPlace, Program } from '@sluice/core/backend';
import type { Gpu } from './gpu.js';
import { countFlatGroups, type Kernel, uniformsIn, writeFlatMain } from './kernel.js';
import type { GpuFloats } from './memory.js';
import { writeFunctions } from './wgsl/operations.js';
import { programValues } from './wgsl/program.js';

/** Kernels by program, and by which of its loads are single numbers. */
const kernels = new WeakMap<Program<ArrayPlace>, Map<string, Kernel>>();

/**
 * Applies a program to every element of some arrays, in one dispatch. Loads of a single number, which stands for an array of
 * equal numbers, share one buffer, because a device may bind no more than eight.
 *
 * @param loads in the order of the program's loads; each has `length` numbers, or one.
 * @returns a new buffer for each of the program's stores.
 * @throws RangeError when the program has more arrays than the device binds buffers.
 */
export const runPointwise = (
  gpu: Gpu,
  program: Program<ArrayPlace>,
  loads: readonly GpuFloats[],
  length: number,
): GpuFloats[] => {
  gpu.faults.checkBuffers(loads.map(({ buffer }) => buffer));
  const isSingle = loads.map((load) => load.length === 1);
  const kernel = getKernel(program, isSingle);
  const limit = gpu.device.limits.maxStorageBuffersPerShaderStage;
  if (length > 0 && kernel.bindings.length > limit) {
    throw new RangeError(
      `A pointwise program with ${kernel.bindings.length} arrays does not fit this device, which binds ${limit}: ` +
        'split it in two.',
    );
  }
  return gpu.run('a pointwise program', ({ recorder, allocateTemporary, allocateResult }) => {
    const results = program.stores.map(() => allocateResult(length));
    if (length === 0) return results;
    const singles = loads.filter((_, i) => isSingle[i]);
    const arrays = loads.filter((_, i) => !isSingle[i]).map(({ buffer }) => buffer);
    const numbers = singles.length > 0 ? [allocateTemporary(singles.length)] : [];
    singles.forEach(({ buffer }, i) => {
      recorder.copy(buffer, 0, numbers[0], i, 1);
    });
    const buffers = [...arrays, ...numbers, ...results.map(({ buffer }) => buffer)];
    recorder.dispatch(kernel, buffers, { length }, countFlatGroups(length));
    return results;
  });
};

function getKernel(program: Program<ArrayPlace>, isSingle: readonly boolean[]): Kernel {
  const byLoads = kernels.get(program) ?? new Map<string, Kernel>();
  kernels.set(program, byLoads);
  const key = isSingle.join();
  const kernel = byLoads.get(key) ?? writeKernel(program, isSingle);
  byLoads.set(key, kernel);
  return kernel;
}

function writeKernel(program: Program<ArrayPlace>, isSingle: readonly boolean[]): Kernel {
  const { operations, stores } = program;
  const numbers = isSingle.flatMap((single, i) => (single ? [i] : []));
  const arrays = isSingle.flatMap((single, i) => (single ? [] : [i]));
  const loadAt = (i: number) => (isSingle[i] ? `numbers[${numbers.indexOf(i)}]` : `load${i}[index]`);
  const { statements, value } = programValues(program, ({ array }) => loadAt(array));
  const written = stores.map((store, i) => `store${i}[index] = ${value(store.value)};`);
  const code = `${writeFunctions(operations.map(({ name }) => name))}
${writeFlatMain(`if (index >= u.length) { return; }
  ${[...statements, ...written].join('\n  ')}`)}`;
  return {
    name: 'pointwise',
    uniforms: uniformsIn(code),
    bindings: [
      ...arrays.map((i) => ({ name: `load${i}`, access: 'read' }) as const),
      ...(numbers.length > 0 ? [{ name: 'numbers', access: 'read' } as const] : []),
      ...stores.map((_, i) => ({ name: `store${i}`, access: 'read_write' }) as const),
    ],
    code,
  };
}

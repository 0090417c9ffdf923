import type { Program } from '@sluice/core/backend';
import type { Gpu } from './gpu.js';
import type { GpuFloats, Kernel } from './gpu-floats.js';
import { flatGroups, flatMain } from './kernels/flat-grid.js';
import { uniformsIn } from './loop/loop.js';
import { functionsFor } from './wgsl/operations.js';
import { programStatements } from './wgsl/program.js';

/** Kernels by program, and by which of its loads are single numbers. */
const known = new WeakMap<Program, Map<string, Kernel>>();

/**
 * Applies a program to every number of some arrays, in one dispatch.
 *
 * Loads of a single number, which stands for equal ones, are gathered in one buffer: a device need not have more than eight.
 *
 * @param loads in the order of the program's; each has `length` numbers, or one.
 * @returns a new buffer for each of the program's stores.
 * @throws RangeError when the program has more arrays than the device binds buffers.
 */
export function runPointwise(
  gpu: Gpu,
  program: Program,
  loads: readonly GpuFloats[],
  length: number,
): GpuFloats[] {
  gpu.faults.checkBuffers(loads.map(({ buffer }) => buffer));
  const run = gpu.begin();
  const results = program.stores.map(() => run.result(length));
  if (length > 0) {
    const isSingle = loads.map((load) => load.length === 1);
    const kernel = kernelFor(program, isSingle);
    const most = gpu.device.limits.maxStorageBuffersPerShaderStage;
    if (kernel.bindings.length > most) {
      throw new RangeError(
        `A pointwise program with ${kernel.bindings.length} arrays does not fit this device, which binds ${most}: ` +
          'split it in two.',
      );
    }
    const singles = loads.filter((_, i) => isSingle[i]);
    const arrays = loads.filter((_, i) => !isSingle[i]).map(({ buffer }) => buffer);
    const numbers = singles.length > 0 ? [run.temporary(singles.length)] : [];
    singles.forEach(({ buffer }, i) => {
      run.recorder.copy(buffer, 0, numbers[0], i, 1);
    });
    const buffers = [...arrays, ...numbers, ...results.map(({ buffer }) => buffer)];
    run.recorder.dispatch(kernel, buffers, { length }, flatGroups(length));
  }
  run.submit('a pointwise program');
  return results;
}

function kernelFor(program: Program, isSingle: readonly boolean[]): Kernel {
  const kernels = known.get(program) ?? new Map<string, Kernel>();
  known.set(program, kernels);
  const key = isSingle.join();
  const kernel = kernels.get(key) ?? pointwiseKernel(program, isSingle);
  kernels.set(key, kernel);
  return kernel;
}

function pointwiseKernel(program: Program, isSingle: readonly boolean[]): Kernel {
  const { loads, operations, stores } = program;
  const numbers = isSingle.flatMap((single, i) => (single ? [i] : []));
  const arrays = isSingle.flatMap((single, i) => (single ? [] : [i]));
  const loadAt = (i: number) => (isSingle[i] ? `numbers[${numbers.indexOf(i)}]` : `load${i}[index]`);
  const statements = programStatements(program, {
    load: (slot) => loadAt(loads.indexOf(slot)),
    store: (slot, value) => `store${stores.findIndex((store) => store.slot === slot)}[index] = ${value};`,
  });
  const code = `${functionsFor(operations.map(({ name }) => name))}
${flatMain(`if (index >= u.length) { return; }
  ${statements.join('\n  ')}`)}`;
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

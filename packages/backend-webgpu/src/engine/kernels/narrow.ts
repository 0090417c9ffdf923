import type { Kernel } from '../gpu-floats.js';
import type { Run } from '../run.js';
import { flatGroups, flatMain } from './flat-grid.js';

/** Rounds numbers to 16 bits. Those beyond ±65,504 become infinite. */
export const NARROW: Kernel = {
  name: 'narrow',
  uniforms: ['count'],
  bindings: [
    { name: 'numbers', access: 'read' },
    { name: 'narrow', access: 'read_write', type: 'f16' },
  ],
  code: flatMain('if (index < u.count) { narrow[index] = f16(numbers[index]); }'),
};

/** Records that the first `count` numbers of a buffer are rounded, and says where to: a buffer for the rest of the call. */
export function narrowed({ recorder, temporary }: Run, numbers: GPUBuffer, count: number): GPUBuffer {
  const target = temporary(Math.ceil(count / 2));
  recorder.dispatch(NARROW, [numbers, target], { count }, flatGroups(count));
  return target;
}

import { setUpWebGPU } from '@sluice/backend-webgpu/node';
import { describeAdapter } from '../adapter.js';
import type { Machine } from '../machine.js';

const NOT_ASKED: Machine['webgpu'] = {
  missing: 'the command looks for WebGPU only when --backends names it',
};

/**
 * The adapter of Node's WebGPU, which is not started unless it is to be measured: where there is no GPU, drivers complain on
 * standard error.
 */
export async function nodeAdapter(isMeasured: boolean): Promise<Machine['webgpu']> {
  if (!isMeasured) return NOT_ASKED;
  try {
    await setUpWebGPU();
  } catch (error) {
    return { missing: (error as Error).message };
  }
  return describeAdapter();
}

import { softwareAdapter } from '@sluice/core/backend';
import { relaxedSimd, simd } from 'wasm-feature-detect';
import type { Machine } from './run/results.js';
import { within } from './workers/within.js';

/** Whether this is Node; otherwise it is a browser, its page or one of its workers. */
export const inNode =
  typeof (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node === 'string';

/** The features of the runtime's WebAssembly. */
export async function wasmFeatures(): Promise<Pick<Machine, 'simd' | 'relaxedSimd' | 'sharedMemory'>> {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return {
    simd: await simd(),
    relaxedSimd: await relaxedSimd(),
    sharedMemory: typeof SharedArrayBuffer === 'function' && (inNode || crossOriginIsolated === true),
  };
}

/** The search for an adapter ends after this. */
const ADAPTER_TIMEOUT_MS = 5000;

/** The adapter that `navigator.gpu` finds, or why there is none. */
export async function describeAdapter(): Promise<Machine['webgpu']> {
  if (!globalThis.navigator?.gpu) return { missing: 'there is no WebGPU here, or it is turned off' };
  try {
    const request = navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    const adapter = await within<GPUAdapter | null | 'timeout'>(ADAPTER_TIMEOUT_MS, request, () => 'timeout');
    if (adapter === 'timeout') return { missing: 'WebGPU does not answer' };
    if (!adapter) return { missing: 'WebGPU finds no adapter here' };
    const { vendor, architecture, device, description } = adapter.info;
    const name = [vendor, architecture, device, description].filter(Boolean).join(' ');
    return { adapter: name || 'an unnamed adapter', software: softwareAdapter(adapter.info) !== undefined };
  } catch (error) {
    return { missing: `WebGPU does not start: ${(error as Error).message}` };
  }
}

export const coresText = (threads: number): string =>
  threads === 1 ? '1 logical core' : `${threads} logical cores`;

export const librariesText = ({ libraries }: Pick<Machine, 'libraries'>): string =>
  Object.entries(libraries)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');

/** A machine in words, one fact a line. */
export function machineLines(machine: Machine): string[] {
  const { runtime, system, processor, threads, memoryGiB, webgpu } = machine;
  const adapter =
    'adapter' in webgpu ? [`WebGPU on ${webgpu.adapter}${webgpu.software ? ', which is software' : ''}`] : [];
  return [
    [processor, coresText(threads), memoryGiB && `${memoryGiB} GiB memory`].filter(Boolean).join(', '),
    `${runtime} on ${system}`,
    ...adapter,
    librariesText(machine),
  ];
}

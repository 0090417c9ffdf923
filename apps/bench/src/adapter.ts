import { softwareAdapter } from '@sluice/core/backend';
import type { Machine } from './machine.js';

/** An adapter that takes longer than this to be found is not waited for. */
const ADAPTER_MS = 5000;

/** What `navigator.gpu` finds on this machine, or why nothing can be found. */
export async function describeAdapter(): Promise<Machine['webgpu']> {
  if (!globalThis.navigator?.gpu) return { missing: 'there is no WebGPU here, or it is turned off' };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ADAPTER_MS);
  });
  try {
    const request = navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    const adapter = await Promise.race([request, late]);
    if (adapter === 'late') return { missing: 'WebGPU does not answer' };
    if (!adapter) return { missing: 'WebGPU finds no adapter here' };
    const { vendor, architecture, device, description } = adapter.info;
    const name = [vendor, architecture, device, description].filter(Boolean).join(' ');
    return {
      adapter: name || 'an unnamed adapter',
      software: softwareAdapter(adapter.info) !== undefined,
    };
  } catch (error) {
    return { missing: `WebGPU does not start: ${(error as Error).message}` };
  } finally {
    clearTimeout(timer);
  }
}

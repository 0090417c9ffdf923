import { softwareAdapter } from '@sluice/core/backend';
import { engine } from '@tensorflow/tfjs-core';

/** What is found out about this machine's GPU before TensorFlow.js's webgpu backend is started. */
export interface GPUFindings {
  /** Why the backend cannot be used. */
  readonly obstacle?: string;
  /** Why it would be slow. */
  readonly drawback?: string;
}

/** Whether this runtime has WebGPU; whether that has an adapter is another question. */
export const hasWebGPU = (): boolean => navigatorGPU() !== undefined;

/** Looks for the adapter that TensorFlow.js's backend will take when it starts, and at the device of one that runs. */
export async function examineGPU(): Promise<GPUFindings> {
  const loss = await lossOfRunningDevice();
  if (loss !== undefined) return { obstacle: `its GPU device is lost (${loss})` };
  try {
    const adapter = await navigatorGPU()!.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return { obstacle: 'WebGPU has no adapter, that is, no GPU that it can use' };
    const software = softwareAdapter(adapter.info ?? {});
    return software === undefined
      ? {}
      : { drawback: `its adapter is software and no GPU (${software}), slower than wasm` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { obstacle: `asking WebGPU for an adapter failed: ${reason}` };
  }
}

function navigatorGPU(): GPU | undefined {
  return (globalThis.navigator as { gpu?: GPU } | undefined)?.gpu;
}

/** TensorFlow.js goes on with a backend whose device is lost, as if nothing had happened. */
async function lossOfRunningDevice(): Promise<string | undefined> {
  // Not findBackend: it would start the backend.
  const running = engine().registry.webgpu as { device?: GPUDevice } | undefined;
  const loss = await Promise.race([running?.device?.lost, undefined]);
  return loss && (loss.message || loss.reason);
}

import { softwareAdapter } from '@sluice/core/backend';
import { engine } from '@tensorflow/tfjs-core';

/** The result of `examineGPU`; empty when nothing is wrong. */
export interface GPUFindings {
  /** Why the backend cannot be used. */
  readonly obstacle?: string;
  /** Why it would be slow. */
  readonly drawback?: string;
}

/** Whether this runtime has WebGPU. It may still have no adapter. */
export const hasWebGPU = (): boolean => navigatorGPU() !== undefined;

/** Examines the adapter that TensorFlow.js's webgpu backend will request, and the device of a backend that runs already. */
export async function examineGPU(): Promise<GPUFindings> {
  const loss = await readDeviceLoss();
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

/** Why the running backend's device is lost; undefined when it is not. TensorFlow.js keeps using a lost device. */
async function readDeviceLoss(): Promise<string | undefined> {
  // findBackend would start the backend.
  const running = engine().registry.webgpu as { device?: GPUDevice } | undefined;
  const loss = await Promise.race([running?.device?.lost, undefined]);
  return loss && (loss.message || loss.reason);
}

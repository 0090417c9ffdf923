/** The engines that can run here. */
import { createCpuBackend } from '@sluice/backend-cpu/engine';
import { createWasmBackend } from '@sluice/backend-wasm/engine';
import type { Backend } from '@sluice/core/backend';

/** An engine, or why it is not here. */
export type FoundEngine =
  | { readonly name: string; readonly engine: Backend<unknown> }
  | { readonly name: string; readonly obstacle: string };

/** Every engine of Sluice, in the order of a report. */
export async function findEngines(): Promise<FoundEngine[]> {
  const found: FoundEngine[] = [{ name: 'cpu', engine: createCpuBackend() as Backend<unknown> }];
  found.push(await tryEngine('wasm', async () => (await createWasmBackend()) as Backend<unknown>));
  found.push(
    await tryEngine('webgpu', async () => {
      const { setUpWebGPU } = await import('@sluice/backend-webgpu/node');
      await setUpWebGPU();
      const { createWebgpuBackend } = await import('@sluice/backend-webgpu/engine');
      return (await createWebgpuBackend()) as Backend<unknown>;
    }),
  );
  return found;
}

async function tryEngine(name: string, create: () => Promise<Backend<unknown>>): Promise<FoundEngine> {
  try {
    return { name, engine: await create() };
  } catch (error) {
    return { name, obstacle: (error as Error).message.split('\n')[0] };
  }
}

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Environment, linesOfModule } from './parts.js';
import { SOFTWARE } from './set-up.js';

/** A way to a GPU: what WebGPU says of it, and the environment in which it is found. */
export interface Adapter {
  readonly info: { readonly software: boolean };
  readonly env: Environment;
}

/**
 * Manifests for NVIDIA's Vulkan driver where its libraries are there without one, as in containers: the one for machines
 * without a display first, since the other also needs X11's libraries.
 */
const MANIFESTS = ['nvidia-egl.json', 'nvidia-glx.json'];

/**
 * The adapter to try everything on: a GPU where there is one, as the machine is set up, or else with one of our manifests.
 *
 * @throws Error with what each way ended in when there is no adapter at all.
 */
export async function findAdapter(): Promise<Adapter> {
  const paths = MANIFESTS.map((name) => fileURLToPath(new URL(`../${name}`, import.meta.url)));
  const ways = [{}, ...paths.filter((path) => existsSync(path)).map((path) => ({ VK_DRIVER_FILES: path }))];
  const failures: string[] = [];
  let software: Adapter | undefined;
  for (const env of ways) {
    try {
      const [info] = (await linesOfModule('gpu', [], env)) as Adapter['info'][];
      if (!info.software) return { info, env };
      software ??= { info, env: { ...env, ...SOFTWARE } };
    } catch (error) {
      failures.push(`${JSON.stringify(env)}: ${(error as Error).message}`);
    }
  }
  if (software) return software;
  throw new Error(`no adapter: ${failures.join('; ')}`);
}

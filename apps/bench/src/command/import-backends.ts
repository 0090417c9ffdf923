import { loadBackend } from '@sluice/conformance/node';
import { addBackend } from '../backends.js';

/**
 * Adds the backends of modules. A module exports one as for `sluice-conformance`.
 *
 * @throws Error when a module cannot be imported, exports something else, or has the name of another backend.
 */
export async function importBackends(modules: readonly string[] = []): Promise<void> {
  for (const module of modules) {
    const { name, create } = await loadBackend(module);
    addBackend(name, async () => create());
  }
}

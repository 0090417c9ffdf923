import { loadBackend } from '@sluice/conformance/node';
import { Command } from 'commander';
import { addBackend } from '../backends.js';

/**
 * The modules that `--import` names. They are read before the other options, since `--backends` may name their backends.
 */
export function modulesToImport(args: readonly string[]): readonly string[] {
  const { import: modules = [] } = new Command()
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .option('--import <module>', '', (module, others: readonly string[] = []) => [...others, module])
    .parse(args, { from: 'user' })
    .opts<{ import?: readonly string[] }>();
  return modules;
}

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

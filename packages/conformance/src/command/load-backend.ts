import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BackendUnderTest } from '../run-case.js';

/** The options that a module may export besides `create`. */
const OPTIONS = ['name', 'create', 'destroy', 'liveBuffers', 'tolerances'];

const EXAMPLE = "export default { name: 'mine', create: () => new MyBackend() };";

type AnyBackend = BackendUnderTest<unknown, object>;

/**
 * Imports the module of a backend. Its default export is a function that creates the backend, or an object with `create` and
 * the options `name`, `destroy`, `liveBuffers` and `tolerances` of `testBackend`.
 *
 * @throws Error when the module cannot be imported or exports something else.
 */
export async function loadBackend(file: string): Promise<AnyBackend> {
  const path = resolve(file);
  let loaded: { readonly default?: unknown };
  try {
    loaded = await import(pathToFileURL(path).href);
  } catch (error) {
    throw new Error(`${file} cannot be imported: ${(error as Error).message}`);
  }
  const name = basename(file).replace(/\.[^.]*$/, '');
  const given = loaded.default;
  if (typeof given === 'function') return { name, create: given as AnyBackend['create'] };
  const { create } = (given ?? {}) as Partial<AnyBackend>;
  if (typeof create !== 'function') {
    throw new Error(
      `${file} has no default export with a function create. Export the backend by default, such as: ${EXAMPLE}`,
    );
  }
  const unknown = Object.keys(given as object).find((option) => !OPTIONS.includes(option));
  if (unknown !== undefined) {
    throw new Error(
      `${file} exports the unknown option '${unknown}'. The options are ${OPTIONS.join(', ')}.`,
    );
  }
  return { ...(given as AnyBackend), name: (given as Partial<AnyBackend>).name ?? name };
}

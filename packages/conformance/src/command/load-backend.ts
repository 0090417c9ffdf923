import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../outcome.js';
import type { BackendUnderTest } from '../run-case.js';

/** The options that a module may export, with their types. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  name: ['string'],
  create: ['function'],
  destroy: ['function'],
  liveBuffers: ['function'],
  tolerances: ['string', 'object'],
};

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
    throw new Error(`${file} cannot be imported: ${messageOf(error)}`);
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
  for (const [option, value] of Object.entries(given as object)) {
    const types = OPTIONS[option];
    if (types === undefined) {
      throw new Error(
        `${file} exports the unknown option '${option}'. The options are ${Object.keys(OPTIONS).join(', ')}.`,
      );
    }
    if (value !== undefined && !types.includes(typeof value)) {
      throw new Error(
        `${file}: the option ${option} is a ${typeof value}; expected a ${types.join(' or an ')}.`,
      );
    }
  }
  return { ...(given as AnyBackend), name: (given as Partial<AnyBackend>).name ?? name };
}

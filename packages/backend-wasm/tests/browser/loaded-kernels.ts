/** The names of the `.wasm` files that the page has loaded. */
export function loadedKernels(): string[] {
  const paths = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname);
  return paths.filter((path) => path.endsWith('.wasm')).map((path) => path.slice(path.lastIndexOf('/') + 1));
}

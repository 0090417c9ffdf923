import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type OutputFile } from 'esbuild';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createWasmBackend } from '../src/engine.js';
// Makes relaxed SIMD available.
import './engine/kernels-on-memory.js';

const built = (name: string) => fileURLToPath(new URL(`../dist/${name}`, import.meta.url));

afterEach(() => {
  vi.restoreAllMocks();
});

// Failures first: the next backend loads the kernels again.
describe('createWasmBackend throws an error that names a fix', () => {
  test('without SIMD', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    await expect(createWasmBackend()).rejects.toThrow(/WebAssembly without SIMD.*use @sluice\/backend-cpu/);
  });

  test('when a Content-Security-Policy forbids to compile WebAssembly', async () => {
    const forbidden = new WebAssembly.CompileError(
      "because 'unsafe-eval' is not an allowed source of script",
    );
    vi.spyOn(WebAssembly, 'Module').mockImplementation(function forbid() {
      throw forbidden;
    });
    await expect(createWasmBackend()).rejects.toThrow(
      /may not compile WebAssembly.*'wasm-unsafe-eval' to its script-src.*@sluice\/backend-cpu\/engine.*unsafe-eval/,
    );
  });

  test('when the file of the kernels cannot be read, and a later call reads it again', async () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue({
      readFile: () => Promise.reject(new Error('ENOENT: no such file')),
    } as never);
    await expect(createWasmBackend({ threads: 1, relaxedSimd: false })).rejects.toThrow(
      /could not be loaded from file:.*kernels\.wasm: ENOENT/,
    );
    vi.restoreAllMocks();
    expect((await createWasmBackend({ threads: 1, relaxedSimd: false })).name).toBe('wasm');
    expect((await createWasmBackend()).name).toBe('wasm');
  });
});

test.each([
  ['createWasmInference', 24_500],
  ['createWasmBackend', 29_800],
])('a page with %s and the kernels loads less than %i bytes, minified and gzipped', async (name, limit) => {
  const contents = `import { ${name} } from './engine.js'; globalThis.create = ${name};`;
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: built(''), sourcefile: 'page.js' },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    outdir: 'page',
    metafile: true,
    write: false,
  });
  // Not the file of the threads, which is imported when there are any.
  const files = Object.entries(metafile.outputs).filter(
    ([, { entryPoint }]) => !entryPoint?.endsWith('pool.js'),
  );
  const sizes = files.map(([path]) => {
    const { contents } = outputFiles.find((file) => file.path.endsWith(path)) as OutputFile;
    return gzipSync(contents, { level: 9 }).length;
  });
  const script = sizes.reduce((sum, size) => sum + size, 0);
  const kernels = gzipSync(readFileSync(built('kernels.wasm')), { level: 9 }).length;
  expect(outputFiles.length - sizes.length).toBe(1);
  expect(script).toBeGreaterThan(1000);
  expect(kernels).toBeGreaterThan(1000);
  expect(script + kernels).toBeLessThan(limit);
});

test('the kernels have no data, no globals and no start function, which could collide with TensorFlow.js', () => {
  for (const name of ['kernels', 'kernels-relaxed', 'kernels-shared', 'kernels-shared-relaxed']) {
    const module = new WebAssembly.Module(readFileSync(built(`${name}.wasm`)));
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    expect(WebAssembly.Module.exports(module).every(({ kind }) => kind === 'function')).toBe(true);
    const sections = sectionsOf(readFileSync(built(`${name}.wasm`)));
    expect(sections).not.toContain(6);
    expect(sections).not.toContain(8);
    expect(sections).not.toContain(11);
  }
});

/** The numbers of a module's sections: 6 globals, 8 start, 11 data. */
function sectionsOf(bytes: Uint8Array): number[] {
  const sections: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    sections.push(bytes[at++]);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      size |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += size;
  }
  return sections;
}

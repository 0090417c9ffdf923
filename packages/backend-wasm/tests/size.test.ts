import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
// Makes relaxed SIMD available.
import './on-memory.js';

const built = (name: string) => fileURLToPath(new URL(`../dist/${name}`, import.meta.url));

test('the engine, minified and gzipped, with its kernels is below 25 kB', async () => {
  const { outputFiles } = await build({
    entryPoints: [built('engine.js')],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
  });
  const script = gzipSync(outputFiles[0].contents, { level: 9 }).length;
  const kernels = gzipSync(readFileSync(built('kernels.wasm')), { level: 9 }).length;
  expect(script).toBeGreaterThan(1000);
  expect(kernels).toBeGreaterThan(1000);
  expect(script + kernels).toBeLessThan(25_000);
});

test('the kernels have no data, no globals and no start function that could collide with TensorFlow.js', () => {
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

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';

/** Libraries whose version decides what is measured. */
const LIBRARIES = ['@sluice/layers', '@tensorflow/tfjs-core', 'onnxruntime-web'];

/** What a reader must know about the machine, one fact a line. */
export function describeMachine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() || 'an unnamed processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB memory`;
  const libraries = LIBRARIES.map((name) => `${name} ${versionOf(name)}`).join(', ');
  return [
    `${model}, ${processors.length} logical cores, ${memory}`,
    // Flags change what WebAssembly can do.
    [
      `Node ${process.versions.node} (V8 ${process.versions.v8}) on ${process.platform} ${process.arch}`,
      ...process.execArgv,
    ].join(' '),
    libraries,
    '',
  ].join('\n');
}

/** The version in a package's manifest, which is sought upwards from its entry: not every package exports it. */
function versionOf(name: string): string {
  const require = createRequire(import.meta.url);
  const folders = require.resolve.paths(name) ?? [];
  for (const folder of folders) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')).version;
    } catch {
      // Not in this folder.
    }
  }
  return 'of unknown version';
}

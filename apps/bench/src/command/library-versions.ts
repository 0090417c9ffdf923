import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Libraries whose version decides what is measured. */
const LIBRARIES = ['@sluice/layers', '@tensorflow/tfjs-core', 'onnxruntime-web'];

/** The versions of the measured libraries, by name. */
export function libraryVersions(): Record<string, string> {
  return Object.fromEntries(LIBRARIES.map((name) => [name, versionOf(name)]));
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

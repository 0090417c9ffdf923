import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const LIBRARIES = ['@sluice/layers', '@tensorflow/tfjs-core', 'onnxruntime-web'];

/** The versions of the measured libraries, by name. */
export const libraryVersions = (): Record<string, string> =>
  Object.fromEntries(LIBRARIES.map((name) => [name, versionOf(name)]));

/** The version in a package's manifest, sought in every folder of packages: not every package exports its manifest. */
function versionOf(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const folder of folders) {
    try {
      return JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')).version;
    } catch {
      // Not in this folder.
    }
  }
  return 'of unknown version';
}

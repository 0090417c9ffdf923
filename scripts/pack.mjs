import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pnpm, root } from './pnpm.mjs';

/** @typedef {{ folder: string, manifest: { name: string, version: string, dependencies?: Record<string, string> } }} Package */

/**
 * Packs packages as `pnpm publish` would. They must be built.
 *
 * @param {readonly Package[]} packages folders are relative to the root
 * @param {string} destination the folder for the tarballs
 * @returns {Promise<Map<string, string>>} the paths of the tarballs by the packages' names
 * @throws Error with pnpm's output if a tarball is missing
 */
export async function pack(packages, destination) {
  const filters = packages.flatMap(({ folder }) => ['--filter', `./${folder}`]);
  const { status, text } = await pnpm([...filters, 'pack', '--pack-destination', destination], {
    output: 'capture',
  });
  const tarballs = new Map(
    packages.map(({ manifest: { name, version } }) => [
      name,
      join(destination, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`),
    ]),
  );
  const missing = [...tarballs].filter(([, path]) => !existsSync(path)).map(([name]) => name);
  if (status !== 0 || missing.length > 0)
    throw new Error(`pnpm pack failed for ${missing.join(', ')}:\n${text}`);
  return tarballs;
}

/**
 * The packages of this repository among the names, and all of ours that they depend on.
 *
 * @param {Iterable<string>} names
 * @returns {Package[]}
 */
export function withDependencies(names) {
  const ours = readPackages();
  const found = new Set([...names].filter((name) => ours.has(name)));
  for (const name of found) {
    for (const other of Object.keys(ours.get(name)?.manifest.dependencies ?? {})) {
      if (ours.has(other)) found.add(other);
    }
  }
  return [...ours.values()].filter(({ manifest }) => found.has(manifest.name));
}

/** The packages and apps of this repository, by name. */
function readPackages() {
  /** @type {Map<string, Package>} */
  const packages = new Map();
  for (const group of ['packages', 'apps']) {
    for (const name of readdirSync(join(root, group))) {
      const path = join(root, group, name, 'package.json');
      if (!existsSync(path)) continue;
      const manifest = JSON.parse(readFileSync(path, 'utf8'));
      packages.set(manifest.name, { folder: `${group}/${name}`, manifest });
    }
  }
  return packages;
}

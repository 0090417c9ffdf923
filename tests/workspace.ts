import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The fields of a package.json that these tests look at. */
export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  packageManager?: string;
  engines?: Record<string, string>;
  scripts?: Record<string, string>;
  sideEffects?: false | string[];
  exports?: Record<string, Record<string, string>>;
  bin?: Record<string, string>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** A package of the workspace. */
export interface WorkspacePackage {
  /** Relative to the root, with forward slashes: `packages/core`. */
  folder: string;
  manifest: Manifest;
}

/** Reads `package.json` in a folder relative to the root. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

/** Every package below packages/ and apps/. */
export const workspacePackages: WorkspacePackage[] = ['packages', 'apps'].flatMap((group) =>
  readdirSync(join(root, group))
    .map((name) => `${group}/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readManifest(folder) })),
);

/** The examples, which are no part of the workspace: each is a project that users copy. */
export const examples: { name: string; manifest: Manifest }[] = readdirSync(join(root, 'examples'))
  .filter((name) => existsSync(join(root, 'examples', name, 'package.json')))
  .map((name) => ({ name, manifest: readManifest(`examples/${name}`) }));

/** Every file below a folder (relative to the root, recursively) whose name ends in one of the endings. */
export function filesBelow(folder: string, endings: string[]): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[\\/](node_modules|dist|coverage)[\\/]/.test(path));
}

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pnpm } from '../scripts/pnpm.mjs';
import { runIn } from './program.js';
import { root, type WorkspacePackage, workspacePackages } from './workspace.js';

/** TensorFlow.js as a user of ours installs it beside our packages. */
const tensorflow = ['core', 'layers', 'backend-cpu', 'backend-wasm', 'backend-webgpu'].map(
  (name) => `@tensorflow/tfjs-${name}@4.22.0`,
);

/** The packages that are meant for npm. */
export const publishable = workspacePackages.filter(({ manifest }) => !manifest.private);

/** An empty project outside of the repository, with every publishable package packed and installed into it by npm. */
export interface Consumer {
  folder: string;
  /** Path of a package's tarball, by the package's name. */
  tarballs: Map<string, string>;
  /** Runs a program in the project; rejects with its output when it fails. */
  run(program: string, args: string[]): Promise<string>;
  remove(): void;
}

/** Packs one package as `pnpm publish` would and returns the tarball's path. */
async function pack({ folder, manifest }: WorkspacePackage, destination: string): Promise<[string, string]> {
  const before = new Set(readdirSync(destination));
  const cwd = join(root, folder);
  const { status, text } = await pnpm(['pack', '--pack-destination', destination], {
    cwd,
    output: 'capture',
  });
  const created = readdirSync(destination).find((name) => !before.has(name));
  if (status !== 0 || !created) throw new Error(`pnpm pack failed for ${manifest.name}:\n${text}`);
  return [manifest.name, join(destination, created)];
}

/** Packs every publishable package and installs the tarballs with TensorFlow.js from the registry or npm's cache. */
export function createConsumer(): Promise<Consumer> {
  return install(publishable, tensorflow);
}

/** Packs the named packages and installs the tarballs and nothing else, not even TensorFlow.js. */
export function createConsumerOf(names: readonly string[]): Promise<Consumer> {
  const packages = publishable.filter(({ manifest }) => names.includes(manifest.name));
  return install(packages, ['--legacy-peer-deps']);
}

async function install(packages: readonly WorkspacePackage[], others: readonly string[]): Promise<Consumer> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-consumer-'));
  const tarballs = new Map<string, string>();
  for (const each of packages) tarballs.set(...(await pack(each, folder)));
  const run = (program: string, args: string[]) => runIn(folder, program, args);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  );
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...quietly, ...tarballs.values(), ...others]);
  return { folder, tarballs, run, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

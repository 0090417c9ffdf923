import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packagedBackends } from '@sluice/core/backend';
import { pack } from '../scripts/pack.mjs';
import { runIn } from './program.js';
import { root, type WorkspacePackage, workspacePackages } from './workspace.js';

/** The packages of TensorFlow.js that a user installs beside ours. */
const tensorflowPackages = (version: string) =>
  [
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-layers',
    ...packagedBackends.map(({ tensorflowPackage }) => tensorflowPackage),
  ].map((name) => `${name}@${version}`);

/** The packages for npm. */
export const publishable = workspacePackages.filter(({ manifest }) => !manifest.private);

/** An empty project outside of the repository, into which npm has installed packed packages. */
export interface Consumer {
  folder: string;
  /** Path of a package's tarball, by the package's name. */
  tarballs: Map<string, string>;
  /** Runs a program in the project; rejects with its output when it fails. */
  run(program: string, args: string[]): Promise<string>;
  remove(): void;
}

export const compiler = join(root, 'node_modules/typescript/bin/tsc');
export const compilerOptions = {
  target: 'ES2023',
  module: 'NodeNext',
  strict: true,
  skipLibCheck: true,
  types: [],
  lib: ['ESNext', 'DOM'],
};

/** Compiles a program, as `program.js` in a folder of the project, against the packed declarations. */
export async function compileProgram(consumer: Consumer, folder: string, text: string): Promise<void> {
  writeFileSync(join(folder, 'program.ts'), text);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }));
  await consumer.run(process.execPath, [compiler, '-p', folder, '--pretty', 'false']);
}

/** Packs every publishable package and installs the tarballs with TensorFlow.js from the registry or npm's cache. */
export function createConsumer(): Promise<Consumer> {
  return install(publishable, tensorflowPackages('4.22.0'));
}

const findPackages = (names: readonly string[]) =>
  publishable.filter(({ manifest }) => names.includes(manifest.name));

/** Packs the named packages and installs only their tarballs and the given packages of the registry: no TensorFlow.js of itself. */
export function createConsumerOf(
  names: readonly string[],
  registryPackages: readonly string[] = [],
): Promise<Consumer> {
  return install(findPackages(names), registryPackages);
}

/** Packs the named packages and installs their tarballs with the oldest TensorFlow.js that layers support. */
export function createConsumerOfOldest(names: readonly string[]): Promise<Consumer> {
  const [layers] = findPackages(['@sluice/layers']);
  const [, oldest] = layers!.manifest.peerDependencies!['@tensorflow/tfjs-core']!.match(/^>=(\S+)/)!;
  return install(findPackages(names), tensorflowPackages(oldest!));
}

async function install(
  packages: readonly WorkspacePackage[],
  registryPackages: readonly string[],
): Promise<Consumer> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-consumer-'));
  const tarballs = await pack(packages, folder);
  const run = (program: string, args: string[]) => runIn(folder, program, args);
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  );
  const npmOptions = ['--prefer-offline', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...npmOptions, ...tarballs.values(), ...registryPackages]);
  return { folder, tarballs, run, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { testTier } from '../scripts/tier.mjs';
import { runIn } from './program.js';
import {
  type Block,
  blocksOf,
  checkedLanguages,
  fileNameOf,
  isTestFile,
  placeOf,
  shownLanguages,
} from './readme-blocks.js';
import { problemsOf } from './shell-commands.js';
import { root, workspacePackages } from './workspace.js';

const here = dirname(fileURLToPath(import.meta.url));
const vitestProgram = join(root, 'node_modules/vitest/vitest.mjs');
const compiler = join(root, 'node_modules/typescript/bin/tsc');

// Below this folder, so that the blocks find the same packages as these tests.
const project = join(here, '.readme');

const readmes = [
  'README.md',
  'CONTRIBUTING.md',
  ...workspacePackages.map(({ folder }) => `${folder}/README.md`),
];
const blocks = readmes.filter((path) => existsSync(join(root, path))).flatMap((path) => blocksOf(path));
const typescriptBlocks = blocks.filter(({ language }) => language === 'ts');
const programs = blocks.filter(({ language }) => language === 'ts' || language === 'js');
const shellBlocks = blocks.filter(({ language }) => language === 'sh');

/** Every complaint of the compiler, by the file it is about. */
const complaints = new Map<string, string[]>();

/** The packages that the first shell block of a README installs for a user's program. */
function installedBy(readme: string): string[] {
  const block = shellBlocks.find((each) => each.readme === readme && /^npm install @/m.test(each.text));
  const lines = block?.text.match(/^npm install .*/gm) ?? [];
  return lines.flatMap((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(2));
}

/** The packages that a program imports; with a door to TensorFlow.js those that the door opens to. */
function neededBy({ text }: Block): string[] {
  const specifiers = [...text.matchAll(/(?:from|import\(?)\s*'([^']+)'/g)].map((match) => match[1]!);
  return specifiers.flatMap((specifier) => {
    const name = specifier.split('/', 2).join('/');
    const ours = workspacePackages.find(({ manifest }) => manifest.name === specifier);
    const peers = Object.keys(ours?.manifest.peerDependencies ?? {});
    return [name, ...peers.filter((peer) => peer.startsWith('@tensorflow/'))];
  });
}

/** Writes all blocks into one project and compiles it once. */
function compileBlocks(): void {
  rmSync(project, { recursive: true, force: true });
  mkdirSync(join(project, 'dist'), { recursive: true });
  for (const block of typescriptBlocks) {
    // Without an import or export a file would be a script, and its names would clash with another block's.
    writeFileSync(join(project, `${fileNameOf(block)}.ts`), `${block.text}\nexport {};\n`);
  }
  for (const block of programs.filter(({ language }) => language === 'js')) {
    writeFileSync(join(project, 'dist', `${fileNameOf(block)}.js`), block.text);
  }
  const compilerOptions = {
    outDir: 'dist',
    declaration: false,
    sourceMap: false,
    noUnusedLocals: false,
    types: ['node'],
  };
  const config = { extends: '../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  try {
    execFileSync(process.execPath, [compiler, '-p', project, '--pretty', 'false'], {
      cwd: project,
      encoding: 'utf8',
    });
  } catch (error) {
    for (const line of (error as { stdout: string }).stdout.split('\n')) {
      const file = line.match(/^([\w-]+)\.ts\(/)?.[1];
      if (file) complaints.set(file, [...(complaints.get(file) ?? []), line]);
    }
  }
}

/** A suite runs a few of its tests: the packages' own tests run it whole. */
function testFilter({ text }: Block): string[] {
  if (/testBackend\(/.test(text)) return ['-t', 'minGru'];
  if (/testLayers\(/.test(text)) return ['-t', 'masks'];
  return [];
}

/** A software adapter compiles shaders for seconds, and the tests of the backend do the same as these blocks. */
const runsHere = ({ text }: Block) => testTier() === 'full' || !/setUpWebGPU\(/.test(text);

/**
 * Runs a compiled block in its own process and an empty folder.
 *
 * @returns what it printed
 * @throws Error with what it printed when it fails
 */
async function execute(block: Block): Promise<string> {
  const program = join(project, 'dist', `${fileNameOf(block)}.js`);
  const folder = join(project, fileNameOf(block));
  mkdirSync(folder, { recursive: true });
  if (!isTestFile(block)) return runIn(folder, process.execPath, [program]);
  copyFileSync(program, join(folder, 'block.test.js'));
  // Without a configuration of its own Vitest would take that of these tests. Built packages need no transformation.
  const config = 'export default { test: { server: { deps: { external: [/dist/] } } } };';
  writeFileSync(join(folder, 'vitest.config.js'), config);
  const report = join(folder, 'report.json');
  const args = ['run', '--root', folder, '--reporter=json', `--outputFile=${report}`, ...testFilter(block)];
  const output = await runIn(folder, process.execPath, [vitestProgram, ...args]);
  const { numPassedTests } = JSON.parse(readFileSync(report, 'utf8'));
  expect(numPassedTests).toBeGreaterThan(0);
  return output;
}

beforeAll(() => {
  if (programs.length > 0) compileBlocks();
});

describe('README blocks', () => {
  test('are written in a language that is checked, or one that is only shown', () => {
    const known = [...checkedLanguages, ...shownLanguages];
    const strange = blocks.filter(({ language }) => !known.includes(language));
    expect(strange.map((block) => `${placeOf(block)}: ${block.language || 'no language'}`)).toEqual([]);
  });

  const installs = readmes.filter((readme) => installedBy(readme).length > 0);
  test.each(installs)('%s installs what its first program needs', (readme) => {
    const program = programs.find((block) => block.readme === readme)!;
    expect(installedBy(readme)).toEqual(expect.arrayContaining(neededBy(program)));
  });

  test('the root README has a program', () => {
    expect(programs.filter(({ readme }) => readme === 'README.md').length).toBeGreaterThan(0);
  });

  for (const block of programs) {
    const runs = runsHere(block);
    test(`${placeOf(block)} compiles and ${runs ? 'runs' : 'would run in the full tests'}`, async () => {
      expect(complaints.get(fileNameOf(block)) ?? []).toEqual([]);
      if (!runs) return;
      const output = await execute(block);
      // The first program of all shows the fastest backend that Node has everywhere.
      if (block === programs[0]) expect(output).toMatch(/^wasm$/m);
    });
  }

  for (const block of shellBlocks) {
    test(`${placeOf(block)} names commands that exist`, () => {
      expect(problemsOf(block.text)).toEqual([]);
    });
  }
});

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cells } from '@sluice/core';
import { toPyTorch } from '@sluice/core/pytorch';
import { beforeAll, describe, expect, test } from 'vitest';
import { testTier } from '../scripts/tier.mjs';
import { runIn } from './program.js';
import {
  type Block,
  blocksOf,
  checkedLanguages,
  fileNameOf,
  isTestFile,
  missingFrom,
  placeOf,
  promisesOf,
  shownLanguages,
} from './readme-blocks.js';
import { problemsOf } from './shell-commands.js';
import { filesBelow, root, workspacePackages } from './workspace.js';

const here = dirname(fileURLToPath(import.meta.url));
const vitestProgram = join(root, 'node_modules/vitest/vitest.mjs');
const compiler = join(root, 'node_modules/typescript/bin/tsc');

// In this folder the blocks resolve the same packages as these tests.
const project = join(here, '.readme');

/** The pages of the site are in the full tier. */
const guides =
  testTier() === 'full' ? filesBelow('docs/guide', ['.md']).map((path) => relative(root, path)) : [];

const readmes = [
  'README.md',
  'CONTRIBUTING.md',
  ...guides,
  'packages/conformance/WRITE-A-BACKEND.md',
  ...workspacePackages.map(({ folder }) => `${folder}/README.md`),
];
const blocks = readmes.filter((path) => existsSync(join(root, path))).flatMap((path) => blocksOf(path));
const typescriptBlocks = blocks.filter(({ language }) => language === 'ts');
const programs = blocks.filter(({ language }) => language === 'ts' || language === 'js');
const shellBlocks = blocks.filter(({ language }) => language === 'sh');

/** The block behind a program that says what the program prints, if there is one. */
const shownOutputOf = (program: Block): Block | undefined => {
  const next = blocks[blocks.indexOf(program) + 1];
  return next?.readme === program.readme && next.note === 'output' ? next : undefined;
};

/** The compiler's errors, by file. */
const compilerErrors = new Map<string, string[]>();

/** The packages that the first `npm install` block of a README names. */
function listInstalled(readme: string): string[] {
  const block = shellBlocks.find(
    (candidate) => candidate.readme === readme && /^npm install @/m.test(candidate.text),
  );
  const lines = block?.text.match(/^npm install .*/gm) ?? [];
  return lines.flatMap((line) => line.replace(/#.*/, '').trim().split(/\s+/).slice(2));
}

/** The packages that a program imports, with the TensorFlow.js peers of ours. */
function listNeeded({ text }: Block): string[] {
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
    // `export` makes each file a module: names of scripts would clash.
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
      if (file) compilerErrors.set(file, [...(compilerErrors.get(file) ?? []), line]);
    }
  }
}

/** A suite runs a few of its tests: the packages' own tests run it whole. */
function testFilter({ text }: Block): string[] {
  if (/testBackend\(/.test(text)) return ['-t', 'minGru'];
  if (/testLayers\(/.test(text)) return ['-t', 'masks'];
  return [];
}

/** Blocks that the quick tier compiles only: files of tests start Vitest, and a software adapter compiles shaders for seconds. */
const runsHere = (block: Block) =>
  testTier() === 'full' || !(isTestFile(block) || /setUpWebGPU\(/.test(block.text));

/**
 * Runs a compiled block in its own process and an empty folder. A shared process would hide a missing import.
 *
 * @returns its output
 * @throws Error with its output when it fails
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
  test('have a known language', () => {
    const known = [...checkedLanguages, ...shownLanguages];
    const unknown = blocks.filter(({ language }) => !known.includes(language));
    expect(unknown.map((block) => `${placeOf(block)}: ${block.language || 'no language'}`)).toEqual([]);
  });

  test('say why no program runs them, and a test that they name exists', () => {
    const unexplained = blocks.filter(
      ({ language, note }) => ['html', 'jsx'].includes(language) && !note.startsWith('not run: '),
    );
    expect(unexplained.map(placeOf)).toEqual([]);
    const named = blocks.flatMap(({ note }) => note.match(/tests\/[\w-]+\.test\.ts/g) ?? []);
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test('that show an output follow a program', () => {
    const shown = programs.map(shownOutputOf);
    const outputs = blocks.filter(({ note }) => note === 'output');
    expect(outputs.filter((block) => !shown.includes(block)).map(placeOf)).toEqual([]);
  });

  test.each(blocks.filter(({ language }) => language === 'python'))(
    'the Python in $readme is what toPyTorch prints',
    ({ text }) => {
      expect(toPyTorch(cells.gru(), { inputSize: 3, units: 4 })).toContain(text);
    },
  );

  const installs = readmes.filter((readme) => listInstalled(readme).length > 0);
  test.each(installs)('%s installs what its first program needs', (readme) => {
    const program = programs.find((block) => block.readme === readme)!;
    expect(listInstalled(readme)).toEqual(expect.arrayContaining(listNeeded(program)));
  });

  test('the root README has a program', () => {
    expect(programs.filter(({ readme }) => readme === 'README.md').length).toBeGreaterThan(0);
  });

  // A program that several pages have runs once.
  const textsOfPrograms = programs.map(({ text }) => text);
  for (const block of programs.filter(({ text }, i) => textsOfPrograms.indexOf(text) === i)) {
    const runs = runsHere(block);
    test(`${placeOf(block)} compiles and ${runs ? 'runs' : 'would run in the full tests'}`, async () => {
      expect(compilerErrors.get(fileNameOf(block)) ?? []).toEqual([]);
      if (!runs) return;
      const output = await execute(block);
      expect(missingFrom(output, promisesOf(block))).toEqual([]);
      const shown = shownOutputOf(block);
      if (shown) expect(output.trim()).toBe(shown.text.trim());
      // A program that prints rows of a table has made the table of its page.
      const page = readFileSync(join(root, block.readme), 'utf8');
      expect(output.split('\n').filter((line) => /^\| .* \|$/.test(line) && !page.includes(line))).toEqual(
        [],
      );
      // The first program prints the fastest backend that every Node has.
      if (block === programs[0]) expect(output).toMatch(/^wasm$/m);
    });
  }

  for (const block of shellBlocks) {
    test(`${placeOf(block)} names commands that exist`, () => {
      expect(problemsOf(block.text)).toEqual([]);
    });
  }
});

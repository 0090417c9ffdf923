import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeArrays } from '../apps/convert/tests/command-line.js';
import { withDependencies } from '../scripts/pack.mjs';
import { type Consumer, compileProgram, createConsumerOf } from './packing.js';
import { type Block, blocksOf, fileNameOf, placeOf } from './readme-blocks.js';
import { root } from './workspace.js';

/** The packages and all of ours that they depend on. */
const namesWithDependencies = (names: readonly string[]) =>
  withDependencies(names).map(({ manifest }) => manifest.name);

/** A folder of a block's own in the project, which holds nothing but the given files. */
function folderFor(block: Block, consumer: Consumer): string {
  const folder = join(consumer.folder, fileNameOf(block));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Compiles a program against the packed declarations and runs it. Resolves with its output. */
async function runProgram(block: Block, consumer: Consumer): Promise<string> {
  const folder = folderFor(block, consumer);
  await compileProgram(consumer, folder, `${block.text}\nexport {};\n`);
  return consumer.run(process.execPath, [join(folder, 'program.js')]);
}

const programsOf = (readme: string) => blocksOf(readme).filter(({ language }) => language === 'ts');

/** The values that comments behind `console.log` promise. */
const promised = ({ text }: Block): string[] =>
  [...text.matchAll(/^console\.log\(.*\/\/ (.+)$/gm)].map((match) => match[1]!);

describe('the README of @sluice/formats, with the packages that it installs', () => {
  const readme = 'packages/formats/README.md';
  let consumer: Consumer;
  beforeAll(async () => {
    const [, installed] = blocksOf(readme)
      .find(({ language }) => language === 'sh')!
      .text.match(/^npm install (.+)$/)!;
    consumer = await createConsumerOf(namesWithDependencies(installed!.split(' ')));
  });
  afterAll(() => consumer?.remove());

  test.each(programsOf(readme).map((block) => [placeOf(block), block] as const))(
    '%s runs',
    async (_, block) => {
      const lines = (await runProgram(block, consumer)).trim().split('\n');
      expect(lines).toEqual(promised(block));
    },
  );
});

describe('the READMEs of the commands, in a project that has them alone', () => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await createConsumerOf(namesWithDependencies(['@sluice/classify', '@sluice/convert']));
  });
  afterAll(() => consumer?.remove());

  const sentences = Array.from({ length: 60 }, (_, i) =>
    i % 2 === 0 ? (['good', `a fine film ${i}`] as const) : (['bad', `a dull film ${i}`] as const),
  );
  const table = ['kind,body', ...sentences.map((row) => row.join(','))].join('\n');
  const files: Readonly<Record<string, string>> = {
    'reviews.txt': sentences.map((row) => row.join(' ')).join('\n'),
    'train.csv': table,
    'test.csv': table,
    'questions.txt': sentences.map(([, text]) => text).join('\n'),
  };

  /** A line as it is typed outside of this repository. Training is short. */
  function commandOf(line: string): string {
    const command = line
      .replace(/\s+#.*$/, '')
      .replace(/\bnpm start\b/, 'sluice-classify train')
      .replace(/\bnpm run (--silent )?classify --/, 'sluice-classify')
      .replace(/\bnpm run (--silent )?sluice --/, 'sluice');
    return /sluice-classify (train|compare)\b/.test(command)
      ? `${command} --epochs 1 --units 8 --embedding 8`
      : command;
  }

  async function runCommands(block: Block): Promise<Map<string, string>> {
    const folder = folderFor(block, consumer);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    copyFileSync(join(root, 'packages/formats/fixtures/keras/classifier.keras'), join(folder, 'model.keras'));
    copyFileSync(join(root, 'packages/stream/fixtures/onnx/detector.onnx'), join(folder, 'detector.onnx'));
    const frames = Float32Array.from({ length: 40 * 16 }, (_, i) => Math.sin(i * i));
    writeArrays(join(folder, 'frames.npz'), { x: { shape: [40, 1, 2, 8], values: frames } });
    const path = [join(consumer.folder, 'node_modules/.bin'), process.env.PATH].join(delimiter);
    const outputs = new Map<string, string>();
    for (const line of block.text.split('\n').filter(Boolean)) {
      if (trains(line)) break;
      const command = commandOf(line);
      const script = `export PATH='${path}'; cd '${folder}' && ${command}`;
      outputs.set(command, await consumer.run('sh', ['-c', script]));
    }
    return outputs;
  }

  // The pages of the commands, and of texts; a block that several of them have runs once.
  const pages = [
    'apps/classify/README.md',
    'apps/convert/README.md',
    'docs/guide/classify.md',
    'docs/guide/model-files.md',
  ];
  const shell = pages
    .flatMap(blocksOf)
    .filter(({ language }) => language === 'sh')
    .filter(({ text }, i, all) => all.findIndex((block) => block.text === text) === i);
  // With PyTorch, the classifier's own tests train what it exports.
  const trains = (line: string) => /^(python|torchrun) /.test(line);
  for (const block of shell.filter(({ text }) => text.split('\n').some(trains))) {
    console.log(`${placeOf(block)} is run up to its training, which needs PyTorch.`);
  }

  test.each(shell.map((block) => [placeOf(block), block] as const))('%s runs', async (_, block) => {
    const outputs = await runCommands(block);
    for (const [command, output] of outputs) {
      if (/ predict /.test(command)) expect(output, command).toMatch(/^(good|bad)\t[\d.]+\t\S/m);
      else expect(output, command).toMatch(/\S/);
    }
    const folder = folderFor(block, consumer);
    if (/ convert /.test(block.text)) expect(existsSync(join(folder, 'web/model.json'))).toBe(true);
  });

  test.each(programsOf('apps/classify/README.md').map((block) => [placeOf(block), block] as const))(
    '%s runs',
    async (_, block) => {
      const lines = (await runProgram(block, consumer)).trim().split('\n');
      expect(lines.map((line) => line.replace(/\s/g, ''))).toEqual(
        promised(block).map((line) => line.replace(/\s/g, '')),
      );
    },
  );
});

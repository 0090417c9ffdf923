import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { softwareVulkan } from '../../../scripts/browser/software-vulkan.mjs';
import { testTier } from '../../../scripts/tier.mjs';
import { importBackends } from '../src/command/import-backends.js';
import { createCommand } from '../src/command/options.js';
import { jsonLine, readRun } from '../src/report/results-file.js';

const command = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const SHAPE = '16,8,12,20';
const ENTRY = ['workload', 'shape', 'cell', 'backend', 'threads', 'contender'];
const MEASURED = [
  ...ENTRY,
  'medianMs',
  'minMs',
  'quartilesMs',
  'runs',
  'roundsMs',
  'firstMs',
  'maxError',
  'kernels',
  'flops',
];
const SKIPPED = [...ENTRY, 'skipped'];

const isFull = testTier() === 'full';
/** Each of these starts the command and threads, which import the libraries anew: seconds each. */
const testInFull = test.runIf(isFull);
if (!isFull) console.log("left out unless SLUICE_TESTS is 'full': most measurements of the command");
const WORKLOADS = ['forward', 'gradient', 'step'];

interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs the command with options as in a shell. */
const bench = (options: string): Promise<Outcome> => benchIn({}, options);

/** The same with more in its environment. What is asserted does not depend on how long is measured. */
function benchIn(more: Readonly<Record<string, string>>, options: string): Promise<Outcome> {
  const args = [command, '--time-scale', '0', ...options.split(' ')];
  const settings = { timeout: 55_000, env: { ...process.env, ...more } };
  return new Promise((resolve) => {
    execFile(process.execPath, args, settings, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}

const objectsIn = (stdout: string): Record<string, unknown>[] =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

beforeAll(() => {
  if (!existsSync(command)) throw new Error('The command is not built; run the build before its tests.');
});

describe('--import', () => {
  const example = fileURLToPath(
    new URL('../../../packages/conformance/examples/my-backend.js', import.meta.url),
  );
  const few = `--backends mine --workloads forward --cells gru --shapes ${SHAPE} --contenders sluice-engine,sluice`;

  testInFull('measures the backend of a module, and checks its results', async () => {
    const { status, stdout } = await bench(`--json --import ${example} ${few}`);
    expect(status).toBe(0);
    const [engine, layers] = objectsIn(stdout);
    expect(engine).toMatchObject({ backend: 'mine', contender: 'sluice-engine', threads: 1 });
    expect(engine?.maxError).toBeLessThan(1e-6);
    expect(layers).toMatchObject({
      contender: 'sluice',
      skipped: 'no TensorFlow.js backend mine is registered',
    });
    expect(readRun(stdout).reports.length).toBe(1);
  });

  test('of a module that cannot be imported is an error, and so is an unknown backend', async () => {
    const command = createCommand(async () => {});
    command.parseOptions(['--cells', 'gru', '--import', 'a.js', '--json', '--import', 'b.js']);
    expect(command.opts().import).toEqual(['a.js', 'b.js']);
    await expect(importBackends(['nowhere.js'])).rejects.toThrow(/^nowhere\.js cannot be imported/);
    if (!isFull) return;
    const { status, stderr } = await bench(few);
    expect(status).toBe(2);
    expect(stderr).toMatch(/There is no mine\. Choose from/);
  });
});

test('--save to a folder that does not exist is an error before anything is measured', async () => {
  const { status, stdout, stderr } = await bench('--save /no-such-folder/run.json');
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^error: --save \/no-such-folder\/run\.json: the file cannot be written \(ENOENT/);
});

describe('--json', () => {
  const workloads = isFull ? ['forward', 'gradient'] : ['forward'];
  const file = join(mkdtempSync(join(tmpdir(), 'sluice-bench-')), 'run.json');
  let outcome: Outcome;
  beforeAll(async () => {
    outcome = await bench(`--json --save ${file} --shapes ${SHAPE} --cells gru,sru --workloads ${workloads}`);
  }, 60_000);

  test('prints one object per line in the agreed form and nothing else', () => {
    const { status, stdout, stderr } = outcome;
    expect(status).toBe(0);
    const objects = objectsIn(stdout);
    // Two cells and three contenders for each workload.
    expect(objects.length).toBe(6 * workloads.length);
    for (const object of objects) {
      expect(Object.keys(object)).toEqual('skipped' in object ? SKIPPED : MEASURED);
      expect(object.shape).toEqual([16, 8, 12, 20]);
      expect(object.threads).toBe(1);
      if ('skipped' in object) {
        expect(object.skipped).toMatch(/\w/);
        continue;
      }
      const { medianMs, minMs, runs, maxError, kernels } = object as Record<string, number>;
      expect(medianMs).toBeGreaterThanOrEqual(minMs);
      expect(minMs).toBeGreaterThan(0);
      expect(Number.isInteger(runs) && runs > 0).toBe(true);
      expect((object.roundsMs as number[]).length).toBeGreaterThan(0);
      expect((object.roundsMs as number[]).every((milliseconds) => milliseconds >= minMs)).toBe(true);
      expect(maxError).toBeLessThan(2e-6);
      expect(Number.isInteger(kernels) && kernels > 0).toBe(true);
    }
    const skipped = objects.filter((object) => 'skipped' in object);
    const expected = [
      'forward sru tf.layers',
      'forward sru onnxruntime-web',
      'gradient gru onnxruntime-web',
      'gradient sru tf.layers',
      'gradient sru onnxruntime-web',
    ];
    expect(skipped.map(({ workload, cell, contender }) => [workload, cell, contender].join(' '))).toEqual(
      expected.filter((text) => workloads.includes(text.split(' ')[0])),
    );
    // The machine's description and the progress go there.
    expect(stderr).toMatch(/Node \d+/);
    const count = workloads.length;
    expect(stderr).toContain(`${count}/${count} ${workloads[count - 1]} gru, sru (16, 8, 12, 20)`);
  });

  test('and --save writes the same to a file, with the machine and the ceilings', () => {
    const { machine, ceilings, reports, date } = readRun(readFileSync(file, 'utf8'));
    expect(reports.flatMap(({ results }) => results.map(jsonLine)).join('')).toBe(outcome.stdout);
    expect(machine?.runtime).toMatch(/^Node \d+/);
    expect(date).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(ceilings).toEqual([
      { backend: 'wasm', registerLoop: expect.any(Number), matrixProduct: expect.any(Number) },
    ]);
  });

  testInFull('Ctrl-C ends it and prints the results so far', async () => {
    // The workloads after the first leave the signal seconds to arrive.
    const options = '--json --time-scale 0 --shapes 2,5,3,4 --cells simpleRnn --contenders sluice';
    const child = spawn(process.execPath, [command, ...options.split(' ')]);
    let stdout = '';
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const status = new Promise((resolve) => child.on('close', resolve));
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      child.kill('SIGINT');
    });
    expect(await status).toBe(130);
    const objects = objectsIn(stdout);
    expect(objects[0]).toMatchObject({ workload: 'forward', contender: 'sluice' });
    expect(stderr).toMatch(/interrupted/);
  });
});

testInFull('backends with several threads are measured beside backends with one', async () => {
  const { status, stdout } = await bench(
    `--json --backends wasm,wasm-2 --shapes 64,5,64,64 --cells lstm --workloads ${WORKLOADS}`,
  );
  expect(status).toBe(0);
  const measured = objectsIn(stdout).filter((object) => !('skipped' in object));
  const expected = [
    ['forward', 'sluice', 'wasm', 1],
    ['forward', 'tf.layers', 'wasm', 1],
    ['forward', 'sluice', 'wasm-2', 2],
    ['forward', 'onnxruntime-web', 'wasm', 1],
    ['forward', 'onnxruntime-web', 'wasm-2', 2],
    ['gradient', 'sluice', 'wasm', 1],
    ['gradient', 'tf.layers', 'wasm', 1],
    ['gradient', 'sluice', 'wasm-2', 2],
    ['step', 'sluice', 'wasm', 1],
    ['step', 'sluice', 'wasm-2', 2],
    ['step', 'onnxruntime-web', 'wasm', 1],
    ['step', 'onnxruntime-web', 'wasm-2', 2],
  ];
  expect(
    measured.map(({ workload, contender, backend, threads }) => [workload, contender, backend, threads]),
  ).toEqual(expected);
  for (const { maxError } of measured) expect(maxError).toBeLessThan(2e-6);
});

describe('webgpu', () => {
  const workloads = WORKLOADS.filter((workload) => workload !== 'gradient');
  const args = `--json --backends webgpu --contenders sluice --workloads ${workloads}`;

  testInFull('is measured on the system’s adapter, here a software adapter', async () => {
    const { status, stdout, stderr } = await benchIn(
      softwareVulkan(),
      `${args} --cells gru --shapes 2,5,3,4`,
    );
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/^WebGPU on /m);
    const objects = objectsIn(stdout);
    expect(objects.map(({ workload, backend }) => [workload, backend])).toEqual(
      workloads.map((workload) => [workload, 'webgpu']),
    );
    for (const { maxError, kernels } of objects) {
      expect(maxError).toBeLessThan(1e-5);
      expect(kernels).toBe(1);
    }
  });

  test.runIf(isFull && process.platform === 'linux')('without an adapter ends with the reason', async () => {
    const { status, stderr } = await benchIn({ VK_DRIVER_FILES: '/nowhere.json' }, args);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/error: webgpu cannot be measured here: WebGPU finds no adapter here/);
  });
});

testInFull(
  'the table describes the machine, has a row for each contender, and compares the cells behind them',
  async () => {
    const { status, stdout } = await bench(
      // Only sluice has both cells, so it alone is measured.
      `--shapes ${SHAPE} --cells sru,minGru --workloads forward --backends wasm`,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/cores.*\nNode \d+.*\n.*onnxruntime-web 1\./);
    expect(stdout.match(/^forward .*/gm)).toEqual([
      'forward sru (16, 8, 12, 20)',
      'forward minGru (16, 8, 12, 20)',
      'forward sru, minGru (16, 8, 12, 20): sluice’s cells compared',
    ]);
    const [, , minGru] = stdout.split(/^forward /m);
    expect(minGru).toMatch(/^ {2}sluice +wasm +[\d.]+ +[\d.]+ +\d+ +1\.00 +1\.00 +[\d.]+e-\d +\d+$/m);
    expect(minGru).toMatch(/tf\.layers on wasm skipped: TensorFlow\.js has no layer for the cell minGru/);
    expect(stdout).toMatch(/^ {2}sru ÷ minGru +\d+\.\d\d$/m);
  },
);

describe('--kernels', () => {
  testInFull('prints the time of each kernel in a training batch', async () => {
    const { status, stdout } = await bench(
      '--kernels --shapes 2,5,3,4 --cells sru --contenders sluice --workloads train',
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^train sru \(2, 5, 3, 4\): where a batch of sluice on wasm goes$/m);
    expect(stdout).toMatch(/^ {2}SluiceRecurrentGradient +recurrent gradient +2 /m);
    expect(stdout).toMatch(/^ {2}the whole batch +\d+ +[\d.]+ +100\.0 %$/m);
    // A single cell has none to be compared with.
    expect(stdout).not.toMatch(/compared/);
  });
});

describe('mistakes', () => {
  test.each([
    [['--shapes', '2,5,3'], /'2,5,3' is not a shape.*64,50,128,128/],
    [['--shapes', '2,5,3,0'], /not a shape/],
    [['--cells', 'gru,gur'], /There is no gur\. Choose from .*gru/],
    [['--backends', 'gpu'], /There is no gpu\. Choose from webgpu, wasm, cpu/],
    [['--workloads', ','], /No name is given/],
    [['--limit', '-1'], /'-1' is not a positive number of seconds/],
    [['--peers', 'sluice'], /There is no sluice\. Choose from tf\.layers/],
    [['--peers', 'tf.layers', '--contenders', 'sluice'], /cannot be used with/],
    [['--kernels', '--workloads', 'forward'], /--kernels is about the workload train/],
    [['--kernels', '--contenders', 'tf.layers'], /of the contender sluice/],
    [['everything'], /too many arguments/],
  ])('%j', async (args, message) => {
    let stderr = '';
    const run = () => Promise.reject(new Error('nothing may be measured'));
    const refusing = createCommand(run)
      .exitOverride()
      .configureOutput({
        writeErr: (text) => {
          stderr += text;
        },
      });
    await expect(refusing.parseAsync(args, { from: 'user' })).rejects.toMatchObject({ exitCode: 1 });
    expect(stderr).toMatch(message);
  });

  test('do not count the spelling of sluice-classify: simple-rnn', async () => {
    expect.assertions(1);
    const command = createCommand(async ({ cells }) => expect(cells).toEqual(['simpleRnn', 'gru']));
    await command.parseAsync(['--cells', 'simple-rnn,gru'], { from: 'user' });
  });

  test('end the command with status 2 and nothing on standard output', async () => {
    const { status, stdout, stderr } = await bench('--limit -1');
    expect(status).toBe(2);
    expect(stderr).toMatch(/not a positive number of seconds/);
    expect(stdout).toBe('');
  });
});

// Runs on the bare machine: every part in a process of its own, so that one that fails costs only its own results. Prints one
// JSON on standard output; progress goes to standard error.
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { listOf } from '../command/names.js';
import { type Environment, findAdapter, linesOf, linesOfModule, outputOf } from './processes.js';

interface Options {
  readonly parts: readonly string[];
  /** As JSON. */
  readonly shapes?: string;
  readonly timeScale: string;
}

const beside = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

type Part = (chosen: Options, env: Environment) => Promise<unknown>;

/** A part that is a module of this folder. Without shapes it takes its own. */
const module =
  (name: string, argument: string): Part =>
  ({ shapes = '', timeScale }, env) =>
    linesOfModule(name, [argument, shapes, timeScale], env);

/** The parts, by name. */
const parts: Readonly<Record<string, Part>> = {
  'conformance with default limits': module('conformance', 'default'),
  'conformance with the largest limits': module('conformance', 'adapter'),
  engine: module('speed', 'engine'),
  sluice: module('speed', 'sluice'),
  'tf.layers': module('speed', 'tf.layers'),
  pytorch: ({ shapes }, env) =>
    linesOf('python3', [beside('torch_rnn.py'), ...(shapes ? [shapes] : [])], env),
};

const say = (text: string) => process.stderr.write(`${text}\n`);

/** The result of a part, or the reason why there is none. */
async function attempt<Result>(name: string, part: () => Promise<Result>) {
  say(`${name} …`);
  const started = performance.now();
  try {
    return await part();
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  } finally {
    say(`${name}: ${Math.round((performance.now() - started) / 1000)} s`);
  }
}

async function run(options: Options): Promise<void> {
  const query = ['--query-gpu=name,driver_version,memory.total,power.limit,clocks.max.sm', '--format=csv'];
  const result: Record<string, unknown> = {
    date: new Date().toISOString(),
    versions: JSON.parse(readFileSync(beside('versions.json'), 'utf8')),
    machine: {
      processor: cpus()[0]?.model.trim(),
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
      nvidia: await attempt('nvidia-smi', async () =>
        (await outputOf('nvidia-smi', query)).trim().split('\n'),
      ),
    },
  };
  const adapter = await attempt('adapter', findAdapter);
  result.adapter = adapter;
  if ('failure' in adapter) process.exitCode = 1;
  else {
    for (const name of options.parts) {
      result[name] = await attempt(name, () => parts[name](options, adapter.env));
    }
  }
  console.log(JSON.stringify(result, undefined, 1));
}

const all = Object.keys(parts);
await new Command('run.sh')
  .description(
    'Tries Sluice on this machine’s GPU: conformance, speed, and the speed of others. Prints one JSON.',
  )
  .addOption(new Option('--parts <names>', all.join(', ')).argParser(listOf(all)).default(all, 'all'))
  .option(
    '--shapes <JSON>',
    'such as [[64,50,128,128]]: batch, timesteps, input size, units (default: the bench’s)',
  )
  // For tests, see `RunOptions` of the bench.
  .addOption(new Option('--time-scale <factor>').default('1').hideHelp())
  .action(run)
  .parseAsync();

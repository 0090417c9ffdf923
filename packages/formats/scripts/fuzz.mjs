/**
 * Reads damaged copies of a format's fixtures: `node scripts/fuzz.mjs FORMAT [COUNT] [SEED]`, after a build.
 * Every read must end within a second and 500 MB, in a model or a FormatError. The fixtures are in fixtures/FORMAT.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { asFormatError } from '../dist/bytes/as-format-error.js';
import { FormatError } from '../dist/bytes/format-error.js';
import { readers as pageReaders } from '../dist/readers/of-pages.js';
import { readers as otherReaders } from '../dist/readers/others.js';

const MAX_MILLISECONDS = 1000;
const MAX_BYTES = 500e6;

const [name, count = '1000', seed = '1'] = process.argv.slice(2);
const readers = [...pageReaders, ...otherReaders];
const format = readers.find((known) => known.name === name);
if (!format) {
  console.error(
    `Usage: node scripts/fuzz.mjs ${readers.map((known) => known.name).join('|')} [COUNT] [SEED]`,
  );
  process.exit(2);
}
const random = numbersFrom(Number(seed));
const below = (limit) => Math.floor(random() * limit);

const folder = fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const files = new Map(
  readdirSync(folder, { recursive: true })
    .filter((path) => statSync(join(folder, path)).isFile())
    .map((path) => [path, new Uint8Array(readFileSync(join(folder, path)))]),
);
const models = [...files].filter(([, bytes]) => format.recognise(bytes));
const { read } = await format.load();

const outcomes = { models: 0, errors: 0 };
let [slowest, largest] = [0, 0];
const before = process.memoryUsage().rss;
for (let i = 0; i < Number(count); i++) {
  const [file, original] = models[below(models.length)];
  // Some of the damage is in a file beside the model.
  const beside = [...files.keys()].filter((path) => path !== file);
  const damaged = new Map(files);
  const target = beside.length > 0 && below(10) === 0 ? beside[below(beside.length)] : file;
  damaged.set(target, mutate(files.get(target) ?? original));
  const started = performance.now();
  const outcome = await readDamaged(file, damaged);
  const elapsed = performance.now() - started;
  const used = process.memoryUsage().rss - before;
  slowest = Math.max(slowest, elapsed);
  largest = Math.max(largest, used);
  const problem =
    outcome.problem ??
    (elapsed > MAX_MILLISECONDS ? `it took ${elapsed.toFixed(0)} ms` : undefined) ??
    (used > MAX_BYTES ? `memory grew by ${(used / 1e6).toFixed(0)} MB` : undefined);
  if (problem) {
    console.error(`${target}, mutation ${i} of seed ${seed}: ${problem}`);
    process.exit(1);
  }
  outcomes[outcome.kind]++;
}
console.log(
  `${name}: ${count} mutations of ${models.length} files: ${outcomes.models} models, ${outcomes.errors} FormatErrors; ` +
    `slowest ${slowest.toFixed(0)} ms, memory grew by ${(largest / 1e6).toFixed(0)} MB`,
);

async function readDamaged(file, damaged) {
  const sibling = async (path) => {
    const found = [...damaged].find(([key]) => basename(key) === basename(path));
    if (found) return found[1];
    throw new FormatError(`${file}: there is no file ${path}.`);
  };
  try {
    await asFormatError(file, () => read({ name: file, bytes: damaged.get(file), sibling }, {}));
    return { kind: 'models' };
  } catch (error) {
    if (error instanceof FormatError) return { kind: 'errors' };
    return { kind: 'errors', problem: error instanceof Error ? error.stack : String(error) };
  }
}

/** A copy with one to four damages: flipped bits, large numbers, a part cut out, repeated or moved, or an early end. */
function mutate(bytes) {
  let copy = bytes.slice();
  for (let damages = 1 + below(4); damages > 0 && copy.length > 0; damages--) {
    const at = below(copy.length);
    const length = 1 + below(Math.min(64, copy.length));
    const part = copy.slice(at, at + length);
    switch (below(7)) {
      case 0:
        copy[at] ^= 1 << below(8);
        break;
      case 1:
        copy[at] = [0, 1, 0x7f, 0x80, 0xff][below(5)];
        break;
      case 2:
        copy.fill(0xff, at, at + 1 + below(8));
        break;
      case 3:
        copy = joined(copy.subarray(0, at), copy.subarray(at + length));
        break;
      case 4:
        copy = joined(copy.subarray(0, at), part, copy.subarray(at));
        break;
      case 5:
        copy.set(part.subarray(0, copy.length - at), below(copy.length - part.length + 1));
        break;
      default:
        copy = copy.slice(0, below(4) === 0 ? at : copy.length);
    }
  }
  return copy;
}

function joined(...parts) {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** Numbers from 0 to 1 of a seed. Source: the generator mulberry32. */
function numbersFrom(state) {
  let a = state | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

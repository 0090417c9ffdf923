import { type AssumedOptions, type RecurrentLayerData, readArrays } from '@sluice/formats';
import { findEngines } from '../engines.js';
import { readFile } from '../read-file.js';
import { drawInputs, type Inputs, largestDifference, runEngine, runReference } from '../run-layers.js';
import { formatDifference, formatTable, type Terminal, UsageError } from '../terminal.js';

export interface CheckFlags {
  readonly against?: string;
  readonly tolerance?: number;
  readonly assumed: AssumedOptions;
}

/** Float32 engines differ from float64 by rounding. */
const TOLERANCE = 1e-5;

/** Inputs of a layer and what is expected of it. */
interface Expected {
  readonly layer: RecurrentLayerData;
  readonly inputs: Inputs;
  readonly outputs: ArrayLike<number>;
}

/** Runs the recurrent layers and compares. @returns the exit status: 1 when a difference is above the tolerance. */
export async function check(path: string, flags: CheckFlags, terminal: Terminal): Promise<number> {
  const tolerance = flags.tolerance ?? TOLERANCE;
  if (!(tolerance >= 0)) throw new UsageError('--tolerance must be a number of at least 0, such as 1e-5.');
  const layers = await recurrentLayers(path, flags.assumed, terminal);
  const expected = flags.against
    ? await expectedOf(flags.against, layers, flags.assumed, terminal)
    : layers.map((layer) => {
        const inputs = drawInputs(layer);
        return { layer, inputs, outputs: runReference(layer, inputs) };
      });
  const engines = await findEngines();
  const running = engines.flatMap((found) => ('engine' in found ? [found] : []));
  const rows: string[][] = [];
  const nan: string[] = [];
  let worst = 0;
  for (const { layer, inputs, outputs } of expected) {
    terminal.signal.throwIfAborted();
    const differences = [largestDifference(runReference(layer, inputs), outputs)];
    for (const { engine } of running) {
      differences.push(largestDifference(await runEngine(engine, layer, inputs), outputs));
    }
    worst = Math.max(worst, ...differences);
    rows.push([layer.name, ...differences.map(formatDifference)]);
    if (Array.from(outputs).some(Number.isNaN)) nan.push(layer.name);
  }
  const { output } = terminal;
  output.write(`${formatTable(['layer', 'float64', ...running.map(({ name }) => name)], rows)}\n`);
  for (const found of engines)
    if ('obstacle' in found) output.write(`${found.name} did not run: ${found.obstacle}\n`);
  if (nan.length > 0) {
    output.write(
      `${nan.join(', ')}: the expected outputs have NaN; look for NaN among weights and inputs.\n`,
    );
  }
  const against = flags.against ?? 'the float64 reference';
  const verdict = worst <= tolerance ? 'within' : 'above';
  output.write(
    `\nThe largest difference from ${against} is ${formatDifference(worst)}, ${verdict} the tolerance ${tolerance}.\n`,
  );
  return worst <= tolerance ? 0 : 1;
}

async function recurrentLayers(
  path: string,
  assumed: AssumedOptions,
  terminal: Terminal,
): Promise<RecurrentLayerData[]> {
  const { layers } = await readFile(path, assumed, terminal);
  const found = layers.filter((layer): layer is RecurrentLayerData => layer.kind === 'recurrent');
  if (found.length === 0) throw new UsageError(`${path}: there is no recurrent layer in it to check.`);
  return found;
}

async function expectedOf(
  path: string,
  layers: readonly RecurrentLayerData[],
  assumed: AssumedOptions,
  terminal: Terminal,
): Promise<Expected[]> {
  if (path.endsWith('.npz')) return expectedOfArrays(path, layers);
  const others = await recurrentLayers(path, assumed, terminal);
  if (others.length !== layers.length) {
    throw new UsageError(
      `${path}: it has ${others.length} recurrent layers, but the file to check has ${layers.length}.`,
    );
  }
  return layers.map((layer, i) => {
    const other = others.find(({ name }) => name === layer.name) ?? others[i];
    const inputs = drawInputs(layer);
    if (other.sizes.inputSize !== layer.sizes.inputSize) {
      throw new UsageError(
        `${path}: ${other.name} takes ${other.sizes.inputSize} features, but ${layer.name} takes ${layer.sizes.inputSize}.`,
      );
    }
    return { layer, inputs, outputs: runReference(other, inputs) };
  });
}

/** Arrays `NAME.x` `[batch, timesteps, features]` and `NAME.y`; of one layer alone also `x` and `y`. */
async function expectedOfArrays(path: string, layers: readonly RecurrentLayerData[]): Promise<Expected[]> {
  const arrays = new Map((await readArrays(path)).map((array) => [array.name, array]));
  const found = layers.flatMap((layer) => {
    const get = (letter: string) =>
      arrays.get(`${layer.name}.${letter}`) ?? (layers.length === 1 ? arrays.get(letter) : undefined);
    const [x, y] = [get('x'), get('y')];
    if (!x || !y) return [];
    const [batch, timesteps, features] = x.shape;
    if (x.shape.length !== 3 || features !== layer.sizes.inputSize) {
      throw new UsageError(
        `${path}: ${x.name} must have the shape [batch, timesteps, ${layer.sizes.inputSize}], but has [${x.shape.join(', ')}].`,
      );
    }
    return [{ layer, inputs: { batch, timesteps, x: Float64Array.from(x.values) }, outputs: y.values }];
  });
  if (found.length > 0) return found;
  const names = layers.map(({ name }) => `${name}.x and ${name}.y`).join(', ');
  throw new UsageError(
    `${path}: expected the arrays ${names}, but it has ${[...arrays.keys()].join(', ') || 'none'}.`,
  );
}

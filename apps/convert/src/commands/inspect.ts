import { type Cell, cellFrom, explain } from '@sluice/core';
import type { AssumedOptions, LayerData, ModelFile, RecurrentLayerData } from '@sluice/formats';
import { readFile } from '../read-file.js';
import { formatBytes, formatTable, type Terminal } from '../terminal.js';

export interface InspectFlags {
  readonly json?: boolean;
  readonly assumed: AssumedOptions;
}

/** Prints what a file holds. @returns the exit status. */
export async function inspect(path: string, flags: InspectFlags, terminal: Terminal): Promise<number> {
  const model = await readFile(path, flags.assumed, terminal);
  terminal.output.write(flags.json ? `${JSON.stringify(summarize(model))}\n` : describe(model));
  return 0;
}

/** A layer without its numbers. */
const summarizeLayer = (layer: LayerData) =>
  layer.kind === 'recurrent'
    ? {
        name: layer.name,
        kind: layer.kind,
        cell: layer.cell,
        ...layer.sizes,
        directions: layer.directions.map(({ goBackwards }) => (goBackwards ? 'backward' : 'forward')),
        parameters: countParameters(layer),
      }
    : {
        name: layer.name,
        kind: layer.kind,
        className: layer.className,
        shapes: layer.weights.map(({ shape }) => shape),
        parameters: countParameters(layer),
      };

const summarize = ({ format, producer, layers, tensors, notes }: ModelFile) => ({
  format,
  producer,
  layers: layers.map(summarizeLayer),
  tensors: tensors.map(({ name, shape, type }) => ({ name, shape, type })),
  notes,
});

/** The numbers of a layer that training changes, and BatchNormalization's means and variances. */
function countParameters(layer: LayerData): number {
  const arrays =
    layer.kind === 'other'
      ? layer.weights.map(({ values }) => values.length)
      : layer.directions.flatMap(({ weights }) => Object.values(weights).map(({ length }) => length));
  return arrays.reduce((sum, length) => sum + length, 0);
}

function describe(model: ModelFile): string {
  const { format, producer, layers, tensors, notes } = model;
  const total = layers.reduce((sum, layer) => sum + countParameters(layer), 0);
  const types = [...new Set(tensors.map(({ type }) => type))].join(', ');
  const rows = layers.map((layer) => [
    layer.name,
    kindOf(layer),
    shapeOf(layer),
    countParameters(layer).toLocaleString('en'),
  ]);
  const parts = [
    `${format}${producer === undefined ? '' : `, written by ${producer}`}`,
    formatTable(['layer', 'kind', 'shape', 'parameters'], rows),
    `${total.toLocaleString('en')} parameters in ${tensors.length} arrays (${types}), ${formatBytes(4 * total)} as float32`,
    ...notes.map((note) => `Note: ${note}`),
    ...equations(layers),
  ];
  return `${parts.join('\n\n')}\n`;
}

const formatOption = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);

/** A cell's name, its directions, and the options that the file gives. */
function kindOf(layer: LayerData): string {
  if (layer.kind === 'other') return layer.className;
  const options = Object.entries(layer.cell.options).map(([name, value]) => `${name} ${formatOption(value)}`);
  const both = layer.directions.length === 2 ? ['both directions'] : [];
  const backwards = layer.directions.length === 1 && layer.directions[0].goBackwards ? ['backwards'] : [];
  return [layer.cell.name, ...both, ...backwards, ...options].join(', ');
}

function shapeOf(layer: LayerData): string {
  if (layer.kind === 'other') return layer.weights.map(({ shape }) => `[${shape.join(', ')}]`).join(' ');
  const { inputSize, units } = layer.sizes;
  return `${inputSize} → ${units}`;
}

/** The equations, gates and costs of each kind of cell once. */
function equations(layers: readonly LayerData[]): string[] {
  const seen = new Map<string, { cell: Cell; layer: RecurrentLayerData }>();
  for (const layer of layers) {
    if (layer.kind !== 'recurrent') continue;
    const key = JSON.stringify([layer.cell, layer.sizes]);
    if (!seen.has(key)) seen.set(key, { cell: cellFrom(layer.cell), layer });
  }
  return [...seen.values()].map(({ cell, layer }) => `${layer.name}: ${explain(cell, layer.sizes)}`);
}

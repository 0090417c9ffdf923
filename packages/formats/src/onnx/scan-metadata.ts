/**
 * The cells that Sluice writes as `Scan`. The model's metadata says which cell a Scan is; its weights are arrays of the graph.
 * An entry `sluice.layers` of the metadata holds JSON: a list of `ScanLayer`.
 */
import { type CellData, cellFrom, type JsonObject } from '@sluice/core';
import { parseJson, requireArray, requireCount, requireRecord, requireText } from '../bytes/json.js';
import { isRecord } from '../bytes/record.js';
import { type Direction, type RecurrentLayerData, recurrentLayer } from '../data/layers.js';
import type { Folder } from './fold.js';
import type { ModelProto } from './messages.js';
import type { Scope } from './scope.js';

export const METADATA_KEY = 'sluice.layers';
const CALL_OPTIONS = ['returnSequences', 'returnState', 'stateful', 'timeMajor', 'zeroOutputForMask'];
const MERGE_MODES = ['concat', 'sum', 'ave', 'mul'];

/** One direction: the name of its Scan, and its arrays' names by the cell's parameters. */
export interface ScanDirection {
  readonly scan: string;
  readonly goBackwards: boolean;
  readonly weights: { readonly [parameter: string]: string };
}

/** A recurrent layer that is written as one Scan for each direction. */
export interface ScanLayer
  extends Pick<RecurrentLayerData, 'name' | 'cell' | 'sizes' | 'mergeMode' | 'call'> {
  readonly directions: readonly ScanDirection[];
}

export interface ScanLayers {
  /** By the names of their Scans. */
  readonly layers: ReadonlyMap<string, ScanLayer>;
  /** The names of all their arrays. */
  readonly weights: ReadonlySet<string>;
}

/** The layers that the metadata of a model describes. @throws FormatError when an entry of Sluice is damaged. */
export function scanLayers({ metadataProps }: ModelProto, file: string): ScanLayers {
  const layers = new Map<string, ScanLayer>();
  const entry = metadataProps.find(({ key }) => key === METADATA_KEY)?.value;
  const arrays = new Set<string>();
  if (entry === undefined) return { layers, weights: arrays };
  const parsed = requireArray(parseJson(new TextEncoder().encode(entry), file), file, METADATA_KEY);
  for (const value of parsed) {
    const layer = scanLayer(value, file);
    for (const { scan, weights } of layer.directions) {
      layers.set(scan, layer);
      for (const array of Object.values(weights)) arrays.add(array);
    }
  }
  return { layers, weights: arrays };
}

function scanLayer(value: unknown, file: string): ScanLayer {
  const record = requireRecord(value, file, `a layer of ${METADATA_KEY}`);
  const name = requireText(record.name, file, 'the name of a layer');
  const cell = requireRecord(record.cell, file, `the cell of ${name}`);
  const call = isRecord(record.call) ? record.call : {};
  const sizes = requireRecord(record.sizes, file, `the sizes of ${name}`);
  const directions = requireArray(record.directions, file, `the directions of ${name}`).map((given) => {
    const direction = requireRecord(given, file, `a direction of ${name}`);
    const weights = Object.entries(requireRecord(direction.weights, file, `the weights of ${name}`)).map(
      ([parameter, array]) => [parameter, requireText(array, file, `the array of ${name}, ${parameter}`)],
    );
    return {
      scan: requireText(direction.scan, file, `the Scan of ${name}`),
      goBackwards: direction.goBackwards === true,
      weights: Object.fromEntries(weights),
    };
  });
  return {
    name,
    cell: {
      name: requireText(cell.name, file, `the cell's name of ${name}`),
      options: requireRecord(cell.options, file, `the options of ${name}`) as JsonObject,
      ...(cell.definition !== undefined && { definition: cell.definition as CellData }),
    },
    sizes: {
      inputSize: requireCount(sizes.inputSize, file, `inputSize of ${name}`),
      units: requireCount(sizes.units, file, `units of ${name}`),
    },
    ...(MERGE_MODES.includes(record.mergeMode as never) && {
      mergeMode: record.mergeMode as RecurrentLayerData['mergeMode'],
    }),
    call: Object.fromEntries(CALL_OPTIONS.filter((key) => call[key] === true).map((key) => [key, true])),
    directions,
  };
}

/** Operations between a weight of a cell and the product that reads it. */
const CUTS = ['Slice', 'Split', 'Cast', 'Identity', 'Expand', 'Reshape'];
const MAX_CHAIN = 10;

/** Whether a value is a weight of a cell that is a Scan, or a part of one. */
export function isScanWeight(name: string, scope: Scope, { weights }: ScanLayers): boolean {
  let current = name;
  for (let i = 0; i < MAX_CHAIN && weights.size > 0; i++) {
    if (weights.has(current)) return true;
    const found = scope.find(current);
    if (found.kind !== 'node' || !CUTS.includes(found.node.opType ?? '')) return false;
    current = found.node.input[0] ?? '';
  }
  return false;
}

/** The layer of a Scan. @throws NotConstant or FormatError when one of its arrays is missing or changed in shape. */
export function readScan(
  { directions, ...layer }: ScanLayer,
  scope: Scope,
  folder: Folder,
  file: string,
): RecurrentLayerData {
  const read = directions.map(({ goBackwards, weights }): Direction => {
    const arrays = Object.entries(weights).map(([parameter, name]) => {
      const { values } = folder.evaluate({ name, scope });
      return [parameter, values instanceof Int32Array ? Float32Array.from(values) : values] as const;
    });
    return { goBackwards, weights: Object.fromEntries(arrays) };
  });
  return recurrentLayer({ ...layer, directions: read }, file, cellFrom);
}

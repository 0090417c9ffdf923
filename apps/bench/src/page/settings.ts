import { cells } from '@sluice/core';
import { type BackendName, backendNamed, isBackendName } from '../backends.js';
import { USUAL_CONTENDERS } from '../contenders/catalogue.js';
import { CONTENDERS, type ContenderName, type Machine } from '../run/results.js';
import {
  DEFAULT_SHAPES,
  parseShape,
  type Series,
  type Shape,
  seriesOf,
  TYPICAL_SHAPES,
  WORKLOADS,
  type Workload,
} from '../workloads/workload.js';

/** The choices of a user. */
export interface Settings {
  readonly workloads: readonly Workload[];
  readonly cells: readonly string[];
  readonly backends: readonly BackendName[];
  readonly contenders: readonly ContenderName[];
  /** One or several of each workload, or the same list for all. */
  readonly shapes: 'typical' | 'several' | readonly Shape[];
}

export const CELLS = Object.keys(cells);

const oneOf = (names: readonly string[]) => (name: string) => names.includes(name);

/** The test for a name, for each list. */
const isKnown = {
  workloads: oneOf(WORKLOADS),
  cells: oneOf(CELLS),
  backends: isBackendName,
  contenders: oneOf(CONTENDERS),
};

/** The settings that are lists of names. */
export type ListSetting = keyof typeof isKnown;

/** TensorFlow.js uses at most half of the logical cores, which often are the physical ones; so does the page. */
export const threadsOffered = ({ threads }: Machine): number => Math.min(8, Math.max(2, threads >> 1));

/** The settings at the start: first results within seconds, all of them within a minute or so. */
export function defaultSettings(machine: Machine): Settings {
  const several = machine.threads > 1 ? [`wasm-${threadsOffered(machine)}`] : [];
  // A software adapter takes minutes.
  const gpu = 'adapter' in machine.webgpu && !machine.webgpu.software ? ['webgpu'] : [];
  const fast = ['wasm', ...several, ...gpu];
  const possible = fast.filter((backend) => !backendNamed(backend).missingOn(machine));
  return {
    workloads: ['step', 'forward', 'train'],
    cells: ['gru'],
    shapes: 'typical',
    backends: possible.length > 0 ? possible : ['cpu'],
    contenders: USUAL_CONTENDERS,
  };
}

export function seriesFor({ workloads, cells, shapes }: Settings): Series[] {
  const named = { typical: TYPICAL_SHAPES, several: DEFAULT_SHAPES };
  return seriesOf({ workloads, cells, shapes: typeof shapes === 'string' ? named[shapes] : shapes });
}

/** The settings as the query of an address, without the question mark. */
export function queryOf({ shapes, ...lists }: Settings): string {
  const parts = Object.entries(lists).map(([name, values]) => `${name}=${values.join(',')}`);
  return [...parts, `shapes=${typeof shapes === 'string' ? shapes : shapesText(shapes, ';')}`].join('&');
}

/**
 * Settings from the query of an address, or from the form. A missing setting has its default; unknown names are left out and
 * returned.
 */
export function settingsFrom(
  given: URLSearchParams,
  defaults: Settings,
): { settings: Settings; unknown: string[] } {
  const unknown: string[] = [];
  const lists = Object.entries(isKnown).map(([key, accepts]) => {
    const names = given.getAll(key).flatMap((text) => text.split(',').filter(Boolean));
    unknown.push(...names.filter((name) => !accepts(name)));
    const known = [...new Set(names.filter(accepts))];
    return [key, known.length > 0 ? known : defaults[key as ListSetting]];
  });
  const settings: Settings = { ...defaults, ...Object.fromEntries(lists) };
  const text = given.get('shapes') ?? '';
  if (text === 'typical' || text === 'several') return { settings: { ...settings, shapes: text }, unknown };
  const { shapes, unknown: others } = parseShapes(text);
  unknown.push(...others);
  return { settings: shapes.length > 0 ? { ...settings, shapes } : settings, unknown };
}

/** Shapes from text, four numbers each, separated by semicolons or lines; and the parts that are no shapes. */
export function parseShapes(text: string): { shapes: Shape[]; unknown: string[] } {
  const parts = text
    .split(/[;\n]/)
    .map((part) => part.trim())
    .filter(Boolean);
  return {
    shapes: parts.map(parseShape).filter((shape) => shape !== undefined),
    unknown: parts.filter((part) => !parseShape(part)),
  };
}

export const shapesText = (shapes: readonly Shape[], separator: string): string =>
  shapes.map((shape) => shape.join(',')).join(separator);

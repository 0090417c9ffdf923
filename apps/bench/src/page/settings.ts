import { cells } from '@sluice/core';
import { type BackendName, isBackendName } from '../backends.js';
import { CONTENDERS, type ContenderName, USUAL_CONTENDERS } from '../contenders/catalogue.js';
import { type Machine, whyNot } from '../machine.js';
import {
  DEFAULT_SHAPES,
  type Series,
  type Shape,
  seriesOf,
  TYPICAL_SHAPES,
  WORKLOADS,
  type Workload,
} from '../workloads/workload.js';

/** What is measured when the button is pressed. */
export interface Settings {
  readonly workloads: readonly Workload[];
  readonly cells: readonly string[];
  /** One or several of each workload, or these for all. */
  readonly shapes: 'typical' | 'several' | readonly Shape[];
  readonly backends: readonly BackendName[];
  readonly contenders: readonly ContenderName[];
}

export const CELLS = Object.keys(cells);

/** How many threads are offered: TensorFlow.js takes at most half of the logical cores, which often are the real ones. */
export const threadsOffered = ({ threads }: Machine): number => Math.min(8, Math.max(2, threads >> 1));

/** What the button measures when nothing is chosen: a first answer within seconds, all of it within a minute or so. */
export function defaultSettings(machine: Machine): Settings {
  const several: BackendName[] = machine.threads > 1 ? [`wasm-${threadsOffered(machine)}`] : [];
  // An adapter in software is right, but takes minutes.
  const gpu: BackendName[] = 'adapter' in machine.webgpu && !machine.webgpu.software ? ['webgpu'] : [];
  const fast: BackendName[] = ['wasm', ...several, ...gpu];
  const possible = fast.filter((backend) => !whyNot(backend, machine));
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
export function queryOf({ workloads, cells, shapes, backends, contenders }: Settings): string {
  const lists = { workloads, cells, backends, contenders };
  const parts = Object.entries(lists).map(([name, values]) => `${name}=${values.join(',')}`);
  return [...parts, `shapes=${typeof shapes === 'string' ? shapes : shapesText(shapes, ';')}`].join('&');
}

/** Settings from an address; what it does not say is as in the defaults, and what nobody knows is left out and told. */
export function settingsFrom(query: string, defaults: Settings): { settings: Settings; unknown: string[] } {
  const given = new URLSearchParams(query);
  const unknown: string[] = [];
  const list = <Name extends string>(
    key: string,
    isKnown: (name: string) => name is Name,
    fallback: readonly Name[],
  ) => {
    const names = given.get(key)?.split(',') ?? [];
    unknown.push(...names.filter((name) => name !== '' && !isKnown(name)));
    const known = [...new Set(names.filter(isKnown))];
    return known.length > 0 ? known : fallback;
  };
  const among =
    <Name extends string>(names: readonly Name[]) =>
    (name: string): name is Name =>
      names.includes(name as Name);
  const settings: Settings = {
    workloads: list('workloads', among(WORKLOADS), defaults.workloads),
    cells: list('cells', among(CELLS), defaults.cells),
    backends: list('backends', isBackendName, defaults.backends),
    contenders: list('contenders', among(CONTENDERS), defaults.contenders),
    shapes: defaults.shapes,
  };
  const shapes = given.get('shapes');
  if (!shapes) return { settings, unknown };
  if (shapes === 'typical' || shapes === 'several') return { settings: { ...settings, shapes }, unknown };
  const parsed = parseShapes(shapes);
  unknown.push(...parsed.unknown);
  return { settings: parsed.shapes.length > 0 ? { ...settings, shapes: parsed.shapes } : settings, unknown };
}

/** Shapes from text, four numbers each, separated by semicolons or on lines of their own; and what is none. */
export function parseShapes(text: string): { shapes: Shape[]; unknown: string[] } {
  const shapes: Shape[] = [];
  const unknown: string[] = [];
  for (const part of text.split(/[;\n]/).map((each) => each.trim())) {
    if (part === '') continue;
    const sizes = part.split(/[,\s]+/).map(Number);
    const isShape = sizes.length === 4 && sizes.every((size) => Number.isInteger(size) && size > 0);
    if (isShape) shapes.push(sizes as unknown as Shape);
    else unknown.push(part);
  }
  return { shapes, unknown };
}

export const shapesText = (shapes: readonly Shape[], separator: string): string =>
  shapes.map((shape) => shape.join(',')).join(separator);

/** The inputs and outputs of a graph: which are the frame, which are given numbers, which are states, and how large they are. */
import { FormatError, type NamedGraph, sizeOf, type ValueInfo } from '@sluice/formats/onnx';
import { shapeText } from './pointwise.js';

export interface BoundaryOptions {
  /** Sizes of free axes by their names, `{ sequence: 576 }`, or the shapes of inputs, `{ input: [1, 576] }`. A batch is 1. */
  readonly sizes?: Readonly<Record<string, number | readonly number[]>>;
  /** Inputs that are the same for all frames, `{ sr: 16000 }`. */
  readonly inputs?: Readonly<Record<string, number | readonly number[]>>;
  /**
   * The inputs that are states, each with the output that is its value for the next frame: `{ state: 'stateN' }`. Default: those
   * that their names or shapes show. `{}` for none.
   */
  readonly states?: Readonly<Record<string, string>>;
}

/** A value of the model in a frame or in a result: `length` numbers from number `start` on, in row-major order. */
export interface ModelPort {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly length: number;
}

/** An input that an output feeds. It begins with zeros. */
export interface ModelState {
  readonly input: string;
  readonly output: string;
  readonly shape: readonly number[];
}

export interface Boundary {
  readonly frame: readonly ModelPort[];
  readonly states: readonly ModelState[];
  /** Inputs that are given, with their shapes. */
  readonly known: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly values: readonly number[];
  }[];
  /** The outputs that are no states, in the order of the model. */
  readonly outputs: readonly string[];
}

const FLOATS: readonly unknown[] = [undefined, 1, 10, 11, 16];
const MAX_FRAME = 1_000_000;

type Axis = number | string;

const nameOf = ({ name = '' }: ValueInfo): string => name;

/** The sizes and names of a value's axes; undefined where the file gives no shape. */
const axesOfInfo = ({ type }: ValueInfo): Axis[] | undefined =>
  type?.tensorType?.shape?.dim.map(({ dimValue, dimParam }) => dimValue ?? dimParam ?? '?');

/**
 * Decides what each input and output of a graph is.
 * @throws TypeError naming everything that must be given, or is given and does not exist.
 */
export function boundaryOf({ graph, name: file }: NamedGraph, options: BoundaryOptions): Boundary {
  const { sizes = {}, inputs: fixed = {} } = options;
  const stored = new Set(graph.initializer.map(({ name = '' }) => name));
  const inputs = graph.input.filter((input) => !stored.has(nameOf(input)));
  checkNames(file, options, inputs, graph.output);
  const problems: string[] = [];
  const shapeOf = (input: ValueInfo): number[] => {
    const own = sizes[nameOf(input)];
    if (Array.isArray(own)) return [...own];
    const axes = axesOfInfo(input);
    if (!axes) {
      problems.push(`the shape of '${nameOf(input)}': sizes: { ${nameOf(input)}: [1, …] }`);
      return [];
    }
    return axes.map((axis, i) => {
      const size = typeof axis === 'number' ? axis : (sizes[axis] ?? (isBatch(axis) ? 1 : undefined));
      if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 1) return size;
      const label = typeof axis === 'string' && axis !== '?' ? axis : '';
      problems.push(
        label
          ? `the size '${label}', axis ${i} of '${nameOf(input)}' ${shapeText(axes as never)}: sizes: { '${label}': … }`
          : `axis ${i} of '${nameOf(input)}' ${shapeText(axes as never)}: sizes: { ${nameOf(input)}: [1, …] }`,
      );
      return 1;
    });
  };
  const known = inputs
    .filter((input) => Object.hasOwn(fixed, nameOf(input)))
    .map((input) => {
      const values = [fixed[nameOf(input)]].flat() as number[];
      const axes = axesOfInfo(input) ?? [];
      const isNumber = axes.length === 0 && values.length === 1;
      const shape = isNumber ? [] : axes.length === 1 ? [values.length] : shapeOf(input);
      if (values.length !== sizeOf(shape) || !values.every(Number.isFinite)) {
        problems.push(
          `${sizeOf(shape)} finite numbers for '${nameOf(input)}' ${shapeText(shape)}, which got ${values.length}`,
        );
      }
      return { name: nameOf(input), shape, values };
    });
  const open = inputs.filter((input) => !Object.hasOwn(fixed, nameOf(input)));
  for (const input of open) {
    const type = input.type?.tensorType?.elemType;
    if (FLOATS.includes(type)) continue;
    problems.push(
      `the input '${nameOf(input)}', whose numbers are integers: inputs: { ${nameOf(input)}: … }`,
    );
  }
  const pairs = options.states ? Object.entries(options.states) : findStates(open, graph.output);
  const stateInputs = new Map(pairs);
  let end = 0;
  const shapes = new Map(open.map((input) => [nameOf(input), shapeOf(input)] as const));
  if (problems.length > 0) throw new TypeError(`${file}: give ${problems.join('; ')}.`);
  const frame = open
    .map(nameOf)
    .filter((name) => !stateInputs.has(name))
    .map((name): ModelPort => {
      const shape = shapes.get(name) as number[];
      const length = sizeOf(shape);
      const start = end;
      end += length;
      return { name, shape, start, length };
    });
  if (end === 0) {
    const taken = pairs.map(([input, output]) => `'${input}', fed by '${output}'`).join('; ');
    throw new FormatError(
      `${file}: the model has no input that is a frame${taken && `: taken for states are ${taken}. Give the states, or states: {}`}.`,
    );
  }
  const total = [...shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
  if (!(total <= MAX_FRAME))
    throw new TypeError(`${file}: its inputs have ${total} numbers; give smaller sizes.`);
  const fed = new Set(stateInputs.values());
  return {
    frame,
    states: pairs.map(([input, output]) => ({ input, output, shape: shapes.get(input) as number[] })),
    known,
    outputs: graph.output.map(nameOf).filter((name) => !fed.has(name)),
  };
}

const isBatch = (axis: string): boolean => /batch/i.test(axis) || axis === 'N';

function checkNames(
  file: string,
  { sizes = {}, inputs = {}, states = {} }: BoundaryOptions,
  given: readonly ValueInfo[],
  outputs: readonly ValueInfo[],
): void {
  const names = given.map(nameOf);
  const axes = given.flatMap((input) => axesOfInfo(input) ?? []).filter((axis) => typeof axis === 'string');
  const check = (what: string, keys: readonly string[], known: readonly string[]) => {
    const unknown = keys.filter((key) => !known.includes(key));
    if (unknown.length === 0) return;
    throw new TypeError(
      `${file}: there is no ${what} ${unknown.join(', ')}; there are ${known.join(', ') || 'none'}.`,
    );
  };
  check('input or axis', Object.keys(sizes), [...names, ...axes]);
  check('input', Object.keys(inputs), names);
  check('input', Object.keys(states), names);
  check('output', Object.values(states), outputs.map(nameOf));
}

/** The output names that mean the next value of an input, by the ends and beginnings of names. */
function nextNames(name: string): string[] {
  const ends: [RegExp, string[]][] = [
    [/_?in$/i, ['_out', 'Out', 'out']],
    [/_?(prev|previous|old|0)$/i, ['', '_n', 'n', '_next', '_new', '_1']],
    [/$/, ['N', 'n', '_n', '_out', 'Out', '_next', '_new', 'Next', 'New']],
  ];
  const beginnings: [RegExp, string[]][] = [
    [/^in_?/i, ['out_', 'out']],
    [/^input_/i, ['output_']],
    [/^(prev|previous|past|old)_/i, ['', 'next_', 'new_', 'present_']],
    [/^/, ['next_', 'new_', 'out_', 'output_']],
  ];
  const candidates = [
    ...ends.flatMap(([end, others]) =>
      end.test(name) ? others.map((other) => name.replace(end, other)) : [],
    ),
    ...beginnings.flatMap(([start, others]) =>
      start.test(name) ? others.map((other) => name.replace(start, other)) : [],
    ),
  ];
  return candidates.filter((candidate) => candidate !== name);
}

/** Names that libraries give by number, such as `input_1`: they say nothing. */
const isNumbered = (name: string): boolean => /^(in|out)(put)?[_.:]?\d*$/i.test(name);

/** Pairs of state inputs and outputs: by names, else by shapes that only one further input and output have. */
function findStates(inputs: readonly ValueInfo[], outputs: readonly ValueInfo[]): [string, string][] {
  const names = outputs.map(nameOf).filter((name) => !isNumbered(name));
  // The first input and the first output are the frame and the result.
  const isResult = (output: string) => outputs.length > 0 && output === nameOf(outputs[0]);
  const isFrame = (input: string) => inputs.length > 0 && input === nameOf(inputs[0]);
  const byName = inputs.map(nameOf).flatMap((input): [string, string][] => {
    const output = isNumbered(input) ? undefined : nextNames(input).find((name) => names.includes(name));
    return output === undefined || (isFrame(input) && isResult(output)) ? [] : [[input, output]];
  });
  const taken = new Set(byName.flat());
  const textOf = (info: ValueInfo) => axesOfInfo(info)?.join() ?? nameOf(info);
  const rest = (list: readonly ValueInfo[]) => list.slice(1).filter((info) => !taken.has(nameOf(info)));
  const [restInputs, restOutputs] = [rest(inputs), rest(outputs)];
  const byShape = restInputs.flatMap((input): [string, string][] => {
    const same = (info: ValueInfo) => textOf(info) === textOf(input);
    const matches = restOutputs.filter(same);
    if (matches.length !== 1 || restInputs.filter(same).length !== 1) return [];
    return [[nameOf(input), nameOf(matches[0])]];
  });
  return [...byName, ...byShape];
}

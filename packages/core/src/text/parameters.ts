/** The parameters of a cell, from its unknown names: blocks of one symbol and one shape make a parameter. */
import { GREEK } from '../documentation/letters.js';
import {
  MATRIX_ROLES,
  type ParameterDeclaration,
  type ParameterRole,
  type Size,
  type Sizes,
} from '../equations/parameters.js';
import type { Elaborated, Step, StepId } from './elaborate.js';
import type { Lengths } from './lengths.js';
import type { CellTextParameter } from './options.js';
import { PREVIOUS_INPUT } from './resolve.js';
import { type Length, lengthKey, resolveLength } from './sizes.js';
import type { Unknown } from './unknowns.js';

/** The roles and names of the symbols in `@sluice/core/equations`. */
const CONVENTIONS: Readonly<Record<string, ParameterRole>> = {
  W: 'kernel',
  U: 'recurrentKernel',
  P: 'projection',
  v: 'recurrentVector',
  b: 'bias',
};

/** The order in which cells store parameters. */
const STORED: readonly ParameterRole[] = [
  'kernel',
  'recurrentKernel',
  'projection',
  'recurrentVector',
  'bias',
];

export interface FoundParameters {
  readonly declarations: Readonly<Record<string, ParameterDeclaration>>;
  /** The parameter and block of each unknown name. */
  readonly places: ReadonlyMap<Unknown, { readonly parameter: string; readonly block: string }>;
}

interface Group {
  readonly key: string;
  readonly symbol: string;
  readonly role: ParameterRole;
  readonly unknowns: Unknown[];
}

export function findParameters(
  elaborated: Elaborated,
  lengths: Lengths,
  declared: Readonly<Record<string, CellTextParameter & { readonly role: ParameterRole }>>,
): FoundParameters {
  const places = new Map<Unknown, { parameter: string; block: string }>();
  const declarations: Record<string, ParameterDeclaration> = {};
  for (const [name, given] of Object.entries(declared)) {
    const unknowns = elaborated.unknowns.filter((unknown) => unknown.declared?.parameter === name);
    const blocks = [...(given.blocks ?? [])];
    for (const unknown of unknowns) {
      const block = nameBlock(unknown, blocks, given.blocks);
      if (!blocks.includes(block)) blocks.push(block);
      places.set(unknown, { parameter: name, block });
    }
    declarations[name] = declarationOf(given.role, given.symbol ?? name, blocks, unknowns, lengths, given);
  }
  const groups = groupsOf(elaborated, lengths);
  const names = nameGroups(groups, new Set(Object.keys(declared)));
  const sorted = [...groups].sort((a, b) => STORED.indexOf(a.role) - STORED.indexOf(b.role));
  for (const group of sorted) {
    const blocks: string[] = [];
    const name = names.get(group) as string;
    for (const unknown of group.unknowns) {
      const block = nameBlock(unknown, blocks);
      blocks.push(block);
      places.set(unknown, { parameter: name, block });
    }
    declarations[name] = declarationOf(group.role, group.symbol, blocks, group.unknowns, lengths, {});
  }
  return { declarations, places };
}

/** The label, else the name of the equation; a name that another block has gets a number. */
function nameBlock(
  { label, equation }: Unknown,
  taken: readonly string[],
  declared?: readonly string[],
): string {
  if (label !== undefined && (declared?.includes(label) || !taken.includes(label))) return label;
  if (label === undefined && declared?.length === 1) return declared[0];
  const base = label ?? equation;
  let name = base;
  for (let i = 2; taken.includes(name); i++) name = `${base}${i}`;
  return name;
}

function declarationOf(
  role: ParameterRole,
  symbol: string,
  blocks: readonly string[],
  unknowns: readonly Unknown[],
  lengths: Lengths,
  given: CellTextParameter,
): ParameterDeclaration {
  const form = (MATRIX_ROLES as readonly string[]).includes(role) ? 'matrix' : 'vector';
  const [first] = unknowns;
  const usualRows: Length | undefined = first && form === 'matrix' ? lengths.rows(first) : undefined;
  const { groups, storedRows, initial } = given;
  const width = given.width ?? (first && sizeOf(lengths.columns(first)));
  const rows = form === 'matrix' ? (given.rows ?? (usualRows && sizeOf(usualRows))) : undefined;
  return {
    form,
    role,
    blocks,
    symbol,
    ...(width !== undefined && { width }),
    ...(rows !== undefined && { rows }),
    ...(groups !== undefined && { groups }),
    ...(storedRows !== undefined && { storedRows }),
    ...(initial !== undefined && { initial }),
  };
}

export function sizeOf(length: Length): Size {
  const key = lengthKey(length);
  if (key === '0 1 0') return 'units';
  if (key === '1 0 0') return 'inputSize';
  if (length.inputSize === 0 && length.units === 0) return length.constant;
  return (sizes: Sizes) => resolveLength(length, sizes);
}

/** The unknown names that are not declared, by symbol, role and shape. */
function groupsOf(elaborated: Elaborated, lengths: Lengths): Group[] {
  const operands = operandKinds(elaborated);
  const groups = new Map<string, Group>();
  for (const unknown of elaborated.unknowns) {
    if (unknown.declared || unknown.form === undefined) continue;
    const role = roleOf(unknown, operands.get(unknown) ?? []);
    const rows = unknown.form === 'matrix' ? lengthKey(lengths.rows(unknown)) : '';
    const key = [unknown.symbol, role, rows, lengthKey(lengths.columns(unknown))].join('|');
    const group = groups.get(key) ?? { key, symbol: unknown.symbol, role, unknowns: [] };
    groups.set(key, group);
    group.unknowns.push(unknown);
  }
  return [...groups.values()];
}

function roleOf({ form, symbol, isAdded }: Unknown, operands: readonly OperandKind[]): ParameterRole {
  if (form === 'vector') return isAdded ? 'bias' : 'recurrentVector';
  if (symbol === 'P') return 'projection';
  if (operands.some((kind) => kind === 'input' || kind === 'several')) return 'kernel';
  if (operands.includes('state')) return 'recurrentKernel';
  return symbol === 'W' ? 'kernel' : symbol === 'U' ? 'recurrentKernel' : 'projection';
}

/** The symbol's conventional name, if the group has that role; else the role's, if it is free; else the symbol. */
function nameGroups(groups: readonly Group[], taken: Set<string>): Map<Group, string> {
  const names = new Map<Group, string>();
  const take = (group: Group, name: string) => {
    if (names.has(group) || taken.has(name)) return;
    taken.add(name);
    names.set(group, name);
  };
  for (const group of groups) if (CONVENTIONS[group.symbol] === group.role) take(group, group.role);
  for (const group of groups) {
    if (Object.hasOwn(CONVENTIONS, group.symbol)) take(group, group.role);
    const spelled = spell(group.symbol);
    take(group, spelled);
    take(group, `${spelled}_${spell(group.unknowns[0].label ?? group.unknowns[0].equation)}`);
    for (let i = 2; !names.has(group); i++) take(group, `${spelled}${i}`);
  }
  return names;
}

/** Greek letters by their names, as parameters have names in saved models. */
const spell = (symbol: string): string =>
  [...symbol].map((letter) => Object.keys(GREEK).find((name) => GREEK[name] === letter) ?? letter).join('');

/** What a matrix multiplies: the input, a state, several rows put together, or something computed. */
type OperandKind = 'input' | 'state' | 'several' | 'other';

function operandKinds({ steps }: Elaborated): Map<Unknown, OperandKind[]> {
  const kinds: (OperandKind | undefined)[] = [];
  const found = new Map<Unknown, OperandKind[]>();
  steps.forEach((step, id) => {
    kinds[id] = kindOf(step, kinds);
    if (step.kind !== 'product') return;
    const all = found.get(step.unknown) ?? [];
    found.set(step.unknown, all);
    all.push(kinds[step.operand] ?? 'other');
  });
  return found;
}

function kindOf(step: Step, kinds: readonly (OperandKind | undefined)[]): OperandKind | undefined {
  const of = (id: StepId) => kinds[id];
  switch (step.kind) {
    case 'input':
      return 'input';
    case 'previous':
      return step.state === PREVIOUS_INPUT ? 'input' : 'state';
    case 'concat':
      return 'several';
    case 'slice':
      return of(step.operand);
    case 'call':
      return of(step.inputs[0]);
    case 'operation': {
      const all = step.inputs.flatMap((input) => of(input) ?? []);
      if (step.name === 'mul' && all.includes('state')) return 'state';
      return all.length > 0 && all.every((kind) => kind === all[0])
        ? all[0]
        : all.length > 0
          ? 'other'
          : undefined;
    }
    case 'product':
      return 'other';
    default:
      return undefined;
  }
}

import type { Case } from './cases.js';
import { hash } from './random.js';
import { checkSelection, type Level, type Selection } from './selection.js';
import { suites } from './suites/index.js';
import type { Check, Suite, SuiteCase } from './suites/subject.js';

/** A case of the suite with an id by which it can be run alone. */
export interface ConformanceCase {
  /** The suite's name and a hash of the titles, such as `rows/1f3a9c02`. The same in every run. */
  readonly id: string;
  /** The name of its suite. */
  readonly suite: string;
  /** The titles of the suite, of the cell if there is one, and of the case. */
  readonly path: readonly string[];
  readonly cell?: string;
  /** The choices that make its problem; only of cases that compare everything with the reference. */
  readonly choices?: Case;
  /** `training`: the case needs gradients. */
  readonly level: Level;
  readonly check: Check;
}

/** A choice of cases by name. Absent: all. */
export interface CaseNames {
  readonly suites?: readonly string[];
  readonly cells?: readonly string[];
  readonly ids?: readonly string[];
}

const EVERYTHING: Selection = { tier: 'full', cells: 'all', level: 'training' };

/** The names of the suites, in their order. */
export const suiteNames: readonly string[] = suites.map(({ name }) => name);

/**
 * The cases of a selection, in the order in which they run.
 *
 * @throws RangeError for a part of the selection that does not exist, or a name that no case has.
 */
export function listCases(selection: Selection, names: CaseNames = {}): ConformanceCase[] {
  checkSelection(selection);
  checkNames('suite', names.suites, () => suiteNames);
  checkNames('cell', names.cells, () => casesOf(EVERYTHING).flatMap(({ cell }) => cell ?? []));
  checkNames('case', names.ids, () => casesOf(EVERYTHING).map(({ id }) => id));
  return casesOf(selection).filter(
    ({ id, suite, cell, level }) =>
      (selection.level === 'training' || level === 'inference') &&
      (names.suites?.includes(suite) ?? true) &&
      (names.cells?.includes(cell ?? '') ?? true) &&
      (names.ids?.includes(id) ?? true),
  );
}

/**
 * The case with an id, from a report.
 *
 * @throws RangeError when there is none.
 */
export function caseById(id: string): ConformanceCase {
  return listCases(EVERYTHING, { ids: [id] })[0];
}

const casesOf = (selection: Selection) =>
  suites.flatMap((suite) => [...suite.cases(selection)].map((given) => identify(suite, given)));

function identify({ name, title }: Suite, given: SuiteCase): ConformanceCase {
  const { path, ...rest } = given;
  const bits = (hash(path.join('\n')) >>> 0).toString(16).padStart(8, '0');
  return { id: `${name}/${bits}`, suite: name, path: [title, ...path], ...rest };
}

function checkNames(
  kind: string,
  given: readonly string[] | undefined,
  known: () => readonly string[],
): void {
  if (given === undefined) return;
  const names = [...new Set(known())];
  const unknown = given.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  const hint =
    kind === 'case'
      ? 'A report has the ids of cases, such as agreement/6fb9bdb6.'
      : names.length <= LISTED
        ? `There are ${names.join(', ')}.`
        : `Similar ones are ${similarNames(unknown, names).join(', ')}.`;
  throw new RangeError(`There is no ${kind} '${unknown}'. ${hint}`);
}

/** A hint has at most this many names. */
const LISTED = 20;

/** The names with the longest common beginning, in quotes. */
function similarNames(unknown: string, names: readonly string[]): string[] {
  const common = (name: string) => {
    let length = 0;
    while (length < name.length && name[length] === unknown[length]) length++;
    return length;
  };
  const most = Math.max(...names.map(common));
  return names
    .filter((name) => common(name) === most)
    .slice(0, LISTED)
    .map((name) => `'${name}'`);
}

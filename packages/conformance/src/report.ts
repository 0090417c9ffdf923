import type { ConformanceCase } from './list-cases.js';
import { type CaseFailure, failureText, type Outcome } from './outcome.js';
import { ALL_RANDOM, type CellShare, type Level, type Tier } from './selection.js';
import { smallestFirst, summaryOf } from './summary.js';
import { type CellErrors, type Tolerances, tolerances } from './tolerances.js';
import { version } from './version.js';

/** The suite's result for a backend, as plain data. */
export interface ConformanceReport {
  /** The version of the suite. */
  readonly suite: string;
  readonly backend: string;
  /** The tests that were selected. */
  readonly tier: Tier;
  /** The cells that were selected. */
  readonly cells: CellShare;
  /** Whether gradients were tested. */
  readonly level: Level;
  /** The seed of the random numbers. */
  readonly seed: number;
  /** Whether all tests of the level ran and passed, with tolerances that are not wider than the suite's. */
  readonly conforming: boolean;
  /** The reasons why the backend is not conforming. */
  readonly reasons: readonly string[];
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
  /** The smallest cases first. */
  readonly failures: readonly CaseFailure[];
  /** What the failures have in common, in sentences. */
  readonly summary: readonly string[];
  /** The tolerances of this run. */
  readonly tolerances: Tolerances;
  /** Whether live buffers were counted; only then the suite finds a `release` that does nothing. */
  readonly countsBuffers: boolean;
  /**
   * The largest errors of every cell against the reference, relative to max(1, |reference|). For sequences of more than
   * 64 steps they are divided by √(steps / 64), like the tolerances.
   */
  readonly worstErrors: readonly CellErrors[];
}

export type RunFacts = Pick<
  ConformanceReport,
  'backend' | 'tier' | 'cells' | 'level' | 'seed' | 'tolerances' | 'countsBuffers' | 'worstErrors'
> & {
  /** Whether cases were chosen by name, so that others are missing. */
  readonly chosenByName?: boolean;
  /** The number of cells with random equations, if it was given. */
  readonly randomCells?: number | undefined;
  /** Why the run stopped before its end, if it did. */
  readonly stopped?: string | undefined;
};

/** The widest tolerances in the suite. */
const widest: Tolerances = {
  forward: Math.max(...Object.values(tolerances).map(({ forward }) => forward)),
  gradient: Math.max(...Object.values(tolerances).map(({ gradient }) => gradient)),
};

/** The tolerances that a conforming backend may have: those of Sluice's backend with its name, for others the widest. */
function allowedFor(backend: string): Tolerances & { readonly of: string } {
  const known: Readonly<Record<string, Tolerances>> = tolerances;
  return Object.hasOwn(known, backend)
    ? { ...known[backend]!, of: `the backend ${backend}` }
    : { ...widest, of: 'any backend' };
}

/** @param outcomes by the ids of the cases; a case without one did not run */
export function makeReport(
  cases: readonly ConformanceCase[],
  outcomes: ReadonlyMap<string, Outcome>,
  { chosenByName = false, stopped, randomCells, ...facts }: RunFacts,
): ConformanceReport {
  const failed = smallestFirst(cases.filter(({ id }) => (outcomes.get(id) ?? 'passed') !== 'passed'));
  const passed = cases.filter(({ id }) => outcomes.get(id) === 'passed');
  const notRun = cases.length - passed.length - failed.length;
  const failures = failed.map(({ id, path }): CaseFailure => {
    const outcome = outcomes.get(id) as Exclude<Outcome, 'passed'>;
    return { id, name: path.join(' > '), ...outcome };
  });
  const allowed = allowedFor(facts.backend);
  const reasons = [
    ...(['forward', 'gradient'] as const)
      .filter((direction) => !(facts.tolerances[direction] <= allowed[direction]))
      .map(
        (direction) =>
          `the ${direction} tolerance is ${facts.tolerances[direction]}, wider than the suite's ${allowed[direction]} for ${allowed.of}`,
      ),
    ...(facts.tier === 'quick' ? ['only the quick tests were selected'] : []),
    ...(facts.cells === 'all' ? [] : [`only the ${facts.cells} of the cells was selected`]),
    ...(facts.tier === 'full' && randomCells !== undefined && randomCells < ALL_RANDOM
      ? [`only ${randomCells} of ${ALL_RANDOM} cells with random equations were selected`]
      : []),
    ...(chosenByName ? ['only some cases were selected'] : []),
    ...(failed.length > 0 ? [`${countTests(failed.length)} failed`] : []),
    ...(notRun > 0 ? [`${countTests(notRun)} did not run`] : []),
    ...(stopped === undefined ? [] : [stopped]),
  ];
  return {
    suite: version,
    conforming: reasons.length === 0,
    reasons,
    passed: passed.length,
    failed: failed.length,
    notRun,
    failures,
    summary: summaryOf(failed, passed, failures),
    ...facts,
  };
}

const countTests = (count: number): string => (count === 1 ? '1 test' : `${count} tests`);

/** Whether a run shows that the backend does not conform. A partial run without a failure shows nothing. */
export function isNonconforming({
  backend,
  conforming,
  failed,
  tolerances: used,
}: ConformanceReport): boolean {
  const allowed = allowedFor(backend);
  const isWide = !(used.forward <= allowed.forward && used.gradient <= allowed.gradient);
  return !conforming && (failed > 0 || isWide);
}

/** The verdict in words. A partial run without a failure has none. */
function verdictOf(report: ConformanceReport): string {
  const { conforming, reasons, level } = report;
  if (conforming) return level === 'training' ? 'conforming' : 'conforming for inference';
  return `${isNonconforming(report) ? 'not conforming' : 'a partial run'}: ${reasons.join('; ')}`;
}

/** A report prints at most this many failures; `failures` has all. */
const MOST_FAILURES = 5;

/** The failures that a report prints: the smallest one of each suite, the suites with most failures first, then the next ones. */
export function printedFailures({ failures }: Pick<ConformanceReport, 'failures'>): CaseFailure[] {
  const bySuite = new Map<string, CaseFailure[]>();
  for (const failure of failures) {
    const suite = failure.id.split('/')[0];
    bySuite.set(suite, [...(bySuite.get(suite) ?? []), failure]);
  }
  const groups = [...bySuite.values()].sort((a, b) => b.length - a.length);
  const firsts = groups.flatMap(([first]) => first).slice(0, MOST_FAILURES);
  const others = failures.filter((failure) => !firsts.includes(failure));
  return [...firsts, ...others.slice(0, MOST_FAILURES - firsts.length)];
}

/**
 * The report as text: the verdict, what the failures have in common, the first failures, the counts of tests, the tolerances
 * and the cells with the largest errors.
 */
export function reportText(report: ConformanceReport): string {
  const { suite, backend, seed, passed, failed, notRun, countsBuffers, summary, failures } = report;
  const { forward, gradient } = report.tolerances;
  const shown = printedFailures(report);
  const allowed = allowedFor(backend);
  return [
    `@sluice/conformance ${suite}, backend ${backend}: ${verdictOf(report)}.`,
    ...summary,
    ...(failures.length > shown.length ? ['The smallest failed cases, of each suite first:'] : []),
    ...shown.flatMap(({ id, name, ...failure }) => [
      `- ${id}  ${name}`,
      `  ${failureText(failure).replaceAll('\n', '\n  ')}`,
    ]),
    ...(failures.length > shown.length ? [`- and ${failures.length - shown.length} more`] : []),
    `${countTests(passed)} passed, ${failed} failed, ${notRun} did not run; live buffers were ${countsBuffers ? '' : 'not '}counted${seed === 0 ? '' : `; seed ${seed}`}.`,
    `Tolerances: forward ${forward}, gradient ${gradient}; the suite allows ${allowed.of} ${allowed.forward}, ${allowed.gradient}; largest errors: ${largest(report, 'forward')}, ${largest(report, 'gradient')}.`,
  ].join('\n');
}

/** The report as JSON. Numbers that are not finite, which JSON lacks, are the texts `NaN`, `Infinity` and `-Infinity`. */
export function reportJson(report: ConformanceReport): string {
  const replace = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  return JSON.stringify(report, replace, 1);
}

function largest({ worstErrors, level }: ConformanceReport, direction: 'forward' | 'gradient'): string {
  if (direction === 'gradient' && level === 'inference') return 'gradient not tested';
  const [worst] = [...worstErrors].sort((a, b) => b[direction] - a[direction]);
  return worst ? `${direction} ${worst[direction].toExponential(1)} (${worst.cell})` : `${direction} none`;
}

import type { CellShare, Tier } from './tier.js';
import { type Tolerances, tolerances } from './tolerances.js';
import { version } from './version.js';
import type { CellErrors } from './worst-errors.js';

/** What the suite says about a backend: plain data. */
export interface ConformanceReport {
  /** The version of the suite. */
  readonly suite: string;
  readonly backend: string;
  /** Which tests were asked for. */
  readonly tier: Tier;
  /** Which cells were asked for. */
  readonly cells: CellShare;
  /** Whether every test was run and has passed, with tolerances that are not wider than the suite's. */
  readonly conforming: boolean;
  /** The reasons why the backend is not conforming. */
  readonly reasons: readonly string[];
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
  /** Those that were used. */
  readonly tolerances: Tolerances;
  /** Whether the backend counts its buffers, so that a `release` that does nothing would have been found. */
  readonly countsBuffers: boolean;
  /**
   * The largest errors of every cell, relative to max(1, |reference|), against the reference. Those of sequences beyond
   * 64 steps are divided by √(steps / 64), by which the tolerances grow.
   */
  readonly worstErrors: readonly CellErrors[];
}

/** What Vitest keeps of a test or a suite, as far as it is counted. */
export interface CountedTask {
  readonly result?: { readonly state: string } | undefined;
  readonly tasks?: readonly CountedTask[] | undefined;
}

type Found = Pick<
  ConformanceReport,
  'backend' | 'tier' | 'cells' | 'tolerances' | 'countsBuffers' | 'worstErrors'
>;

/** The widest tolerances of a device that the suite has: wider ones of its own do not make a backend conforming. */
const widest: Tolerances = {
  forward: Math.max(...Object.values(tolerances).map(({ forward }) => forward)),
  gradient: Math.max(...Object.values(tolerances).map(({ gradient }) => gradient)),
};

export function makeReport(suite: CountedTask, found: Found): ConformanceReport {
  const states = statesOf(suite);
  const count = (state: string) => states.filter((each) => each === state).length;
  const [passed, failed] = [count('pass'), count('fail')];
  const notRun = states.length - passed - failed;
  const reasons = [
    ...(['forward', 'gradient'] as const)
      .filter((direction) => !(found.tolerances[direction] <= widest[direction]))
      .map(
        (direction) =>
          `the ${direction} tolerance is ${found.tolerances[direction]}, wider than the suite's ${widest[direction]}`,
      ),
    ...(found.tier === 'quick' ? ['only the quick tests were asked for'] : []),
    ...(found.cells === 'all' ? [] : [`only the ${found.cells} of the cells was asked for`]),
    ...(failed > 0 ? [`${failed} tests failed`] : []),
    ...(notRun > 0 ? [`${notRun} tests were not run`] : []),
  ];
  return { suite: version, conforming: reasons.length === 0, reasons, passed, failed, notRun, ...found };
}

function statesOf({ tasks, result }: CountedTask): (string | undefined)[] {
  return tasks ? tasks.flatMap(statesOf) : [result?.state];
}

/** The report as text: the tests, the verdict, the tolerances and the cells with the largest errors. */
export function reportText(report: ConformanceReport): string {
  const { suite, backend, conforming, reasons, passed, failed, notRun, countsBuffers } = report;
  const { forward, gradient } = report.tolerances;
  return [
    `@sluice/conformance ${suite}, backend ${backend}: ${conforming ? 'conforming' : `not conforming: ${reasons.join('; ')}`}.`,
    `${passed} tests passed, ${failed} failed, ${notRun} were not run; live buffers were ${countsBuffers ? '' : 'not '}counted.`,
    `Tolerances: forward ${forward}, gradient ${gradient}; largest errors: ${largest(report, 'forward')}, ${largest(report, 'gradient')}.`,
  ].join('\n');
}

function largest({ worstErrors }: ConformanceReport, direction: 'forward' | 'gradient'): string {
  const [worst] = [...worstErrors].sort((a, b) => b[direction] - a[direction]);
  return worst ? `${direction} ${worst[direction].toExponential(1)} (${worst.cell})` : `${direction} none`;
}

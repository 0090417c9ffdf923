import type { CellShare, Tier } from './tier.js';
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
  /** The seed of the random numbers. */
  readonly seed: number;
  /** Whether all tests ran and passed, with tolerances that are not wider than the suite's. */
  readonly conforming: boolean;
  /** The reasons why the backend is not conforming. */
  readonly reasons: readonly string[];
  readonly passed: number;
  readonly failed: number;
  readonly notRun: number;
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

/** The counted part of Vitest's test or suite. */
export interface CountedTask {
  readonly result?: { readonly state: string } | undefined;
  readonly tasks?: readonly CountedTask[] | undefined;
}

type Found = Pick<
  ConformanceReport,
  'backend' | 'tier' | 'cells' | 'seed' | 'tolerances' | 'countsBuffers' | 'worstErrors'
>;

/** The widest tolerances in the suite. A backend with wider ones is not conforming. */
const widest: Tolerances = {
  forward: Math.max(...Object.values(tolerances).map(({ forward }) => forward)),
  gradient: Math.max(...Object.values(tolerances).map(({ gradient }) => gradient)),
};

export function makeReport(suite: CountedTask, found: Found): ConformanceReport {
  const states = statesOf(suite);
  const count = (name: string) => states.filter((state) => state === name).length;
  const [passed, failed] = [count('pass'), count('fail')];
  const notRun = states.length - passed - failed;
  const reasons = [
    ...(['forward', 'gradient'] as const)
      .filter((direction) => !(found.tolerances[direction] <= widest[direction]))
      .map(
        (direction) =>
          `the ${direction} tolerance is ${found.tolerances[direction]}, wider than the suite's ${widest[direction]}`,
      ),
    ...(found.tier === 'quick' ? ['only the quick tests were selected'] : []),
    ...(found.cells === 'all' ? [] : [`only the ${found.cells} of the cells was selected`]),
    ...(failed > 0 ? [`${countTests(failed)} failed`] : []),
    ...(notRun > 0 ? [`${countTests(notRun)} did not run`] : []),
  ];
  return { suite: version, conforming: reasons.length === 0, reasons, passed, failed, notRun, ...found };
}

function statesOf({ tasks, result }: CountedTask): (string | undefined)[] {
  return tasks ? tasks.flatMap(statesOf) : [result?.state];
}

const countTests = (count: number): string => (count === 1 ? '1 test' : `${count} tests`);

/** The verdict in words. A partial run without a failure has none. */
function verdictOf({ conforming, reasons, failed, tolerances: used }: ConformanceReport): string {
  if (conforming) return 'conforming';
  const isWide = !(used.forward <= widest.forward && used.gradient <= widest.gradient);
  return `${failed > 0 || isWide ? 'not conforming' : 'a partial run'}: ${reasons.join('; ')}`;
}

/** The report as text: the verdict, the counts of tests, the tolerances and the cells with the largest errors. */
export function reportText(report: ConformanceReport): string {
  const { suite, backend, seed, passed, failed, notRun, countsBuffers } = report;
  const { forward, gradient } = report.tolerances;
  return [
    `@sluice/conformance ${suite}, backend ${backend}: ${verdictOf(report)}.`,
    `${countTests(passed)} passed, ${failed} failed, ${notRun} did not run; live buffers were ${countsBuffers ? '' : 'not '}counted${seed === 0 ? '' : `; seed ${seed}`}.`,
    `Tolerances: forward ${forward}, gradient ${gradient}; largest errors: ${largest(report, 'forward')}, ${largest(report, 'gradient')}.`,
  ].join('\n');
}

function largest({ worstErrors }: ConformanceReport, direction: 'forward' | 'gradient'): string {
  const [worst] = [...worstErrors].sort((a, b) => b[direction] - a[direction]);
  return worst ? `${direction} ${worst[direction].toExponential(1)} (${worst.cell})` : `${direction} none`;
}

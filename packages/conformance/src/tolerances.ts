import { type PackagedBackendName, packagedBackends } from '@sluice/core/backend';
import type { Named } from './compare.js';

/** The largest errors of a device against the float64 reference, relative to max(1, |reference|). */
export interface Tolerances {
  /** Of outputs and final states, for sequences of up to 64 steps. */
  readonly forward: number;
  /** Of gradients, for sequences of up to 64 steps. */
  readonly gradient: number;
}

/** The tolerances of each device, by its name. */
export const tolerances = Object.fromEntries(
  packagedBackends.map((backend) => [backend.name, backend.tolerances]),
) as Readonly<Record<PackagedBackendName, Tolerances>>;

export type TolerancesName = PackagedBackendName;

/** The tolerances apply up to this length; beyond it they grow. */
const STATED_TIMESTEPS = 64;

/**
 * Tolerances for a sequence length: beyond 64 steps they grow with √(timesteps / 64).
 *
 * Every step adds rounding errors. They are nearly independent and have mean zero, so after n steps they have grown like √n
 * and not like n (Higham & Mary 2019, "A new approach to probabilistic rounding error analysis",
 * SIAM J. Sci. Comput. 41(5), theorem 2.4).
 */
export function tolerancesFor({ forward, gradient }: Tolerances, timesteps: number): Tolerances {
  const growth = Math.sqrt(Math.max(1, timesteps / STATED_TIMESTEPS));
  return { forward: forward * growth, gradient: gradient * growth };
}

/** The largest errors of a cell, relative to max(1, |reference|). */
export interface CellErrors {
  readonly cell: string;
  readonly forward: number;
  readonly gradient: number;
}

/** Keeps the largest errors of every cell. */
export class WorstErrors {
  private readonly byCell = new Map<string, CellErrors>();

  /** @param growth the growth of the tolerances with the number of steps; errors are divided by it */
  note(
    cell: string,
    direction: 'forward' | 'gradient',
    [actual, expected]: readonly [Named, Named],
    growth: number,
  ): void {
    const known = this.byCell.get(cell) ?? { cell, forward: 0, gradient: 0 };
    const error = largestError(actual, expected) / growth;
    this.byCell.set(cell, { ...known, [direction]: Math.max(known[direction], error) });
  }

  /** Adds the errors that another process found. */
  merge(others: readonly CellErrors[]): void {
    for (const { cell, forward, gradient } of others) {
      const known = this.byCell.get(cell) ?? { cell, forward: 0, gradient: 0 };
      this.byCell.set(cell, {
        cell,
        forward: Math.max(known.forward, forward),
        gradient: Math.max(known.gradient, gradient),
      });
    }
  }

  all(): CellErrors[] {
    return [...this.byCell.values()];
  }

  /** All errors, which are then forgotten. */
  takeAll(): CellErrors[] {
    const all = this.all();
    this.byCell.clear();
    return all;
  }
}

/** Infinity where a number is missing or not finite. */
function largestError(actual: Named, expected: Named): number {
  let largest = 0;
  for (const [name, numbers] of Object.entries(expected)) {
    const given = actual[name] ?? [];
    for (let i = 0; i < numbers.length; i++) {
      const difference = Math.abs(given[i] - numbers[i]);
      // The divisor is at least 1, so the error is no larger. Most numbers end here.
      if (difference <= largest) continue;
      const error = difference / Math.max(1, Math.abs(numbers[i]));
      if (!(error <= largest)) largest = Number.isNaN(error) ? Infinity : error;
    }
  }
  return largest;
}

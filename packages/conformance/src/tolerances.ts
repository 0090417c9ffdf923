/** How far a device's numbers may be from the float64 reference, relative to max(1, |reference|). */
export interface Tolerances {
  /** Of outputs and final states, for sequences of up to 64 steps. */
  readonly forward: number;
  /** Of gradients, for sequences of up to 64 steps. */
  readonly gradient: number;
}

/** The tolerances of the devices there are, by the name of the device. */
export const tolerances = {
  cpu: { forward: 2e-6, gradient: 2e-5 },
  wasm: { forward: 2e-6, gradient: 2e-5 },
  webgpu: { forward: 1e-5, gradient: 1e-4 },
} as const satisfies Record<string, Tolerances>;

export type TolerancesName = keyof typeof tolerances;

/** The length up to which tolerances hold as they stand. */
const STATED_TIMESTEPS = 64;

/**
 * Tolerances for a sequence length: beyond 64 steps they grow with √(timesteps / 64).
 *
 * Every step adds its own rounding errors. They are as good as independent and have mean zero, so after n steps they
 * have grown like √n and not like n (Higham & Mary 2019, "A new approach to probabilistic rounding error analysis",
 * SIAM J. Sci. Comput. 41(5), theorem 2.4).
 */
export function tolerancesFor({ forward, gradient }: Tolerances, timesteps: number): Tolerances {
  const growth = Math.sqrt(Math.max(1, timesteps / STATED_TIMESTEPS));
  return { forward: forward * growth, gradient: gradient * growth };
}

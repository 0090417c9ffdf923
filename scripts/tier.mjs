/**
 * Settings of the tests in the environment. They are in turbo's cache key of each package that reads them.
 *
 * SLUICE_TESTS names the tier: `full` runs all tests, `quick` leaves out slow tests that seldom fail.
 * SLUICE_SEED is the seed of the conformance suite's random numbers.
 *
 * @typedef {'quick' | 'full'} Tier
 */

/**
 * The tier in the environment; default `quick`.
 *
 * @param {Record<string, string | undefined>} [env]
 * @returns {Tier}
 * @throws RangeError for any other name
 */
export function testTier({ SLUICE_TESTS: tier } = process.env) {
  if (!tier) return 'quick';
  if (tier === 'quick' || tier === 'full') return tier;
  throw new RangeError(`SLUICE_TESTS is '${tier}'; set it to 'quick' or 'full', or unset it.`);
}

/**
 * The seed in the environment; default 0.
 *
 * @param {Record<string, string | undefined>} [env]
 * @returns {number}
 * @throws RangeError when it is no whole number of at least 0
 */
export function testSeed({ SLUICE_SEED: seed } = process.env) {
  if (!seed) return 0;
  if (/^\d+$/.test(seed) && Number.isSafeInteger(Number(seed))) return Number(seed);
  throw new RangeError(`SLUICE_SEED is '${seed}'; set it to a whole number of at least 0, or unset it.`);
}

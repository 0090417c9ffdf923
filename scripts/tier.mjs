/**
 * Which tests run: `full` runs all, `quick` leaves out slow tests that seldom fail. The environment variable SLUICE_TESTS
 * names the tier. It is in turbo's cache key of each package that reads it.
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

/**
 * Which tests run: `full` is all of them, `quick` leaves out what takes long and seldom fails. SLUICE_TESTS says which, and is
 * part of turbo's cache keys where it matters.
 *
 * @typedef {'quick' | 'full'} Tier
 */

/**
 * The tier that the environment names; `quick` where it names none.
 *
 * @param {Record<string, string | undefined>} [env]
 * @returns {Tier}
 * @throws RangeError when it names another
 */
export function testTier({ SLUICE_TESTS: tier } = process.env) {
  if (!tier) return 'quick';
  if (tier === 'quick' || tier === 'full') return tier;
  throw new RangeError(`SLUICE_TESTS is '${tier}'; set it to 'quick' or 'full', or unset it.`);
}

import { defineConfig } from 'vitest/config';
import { softwareVulkan } from '../scripts/browser/software-vulkan.mjs';
import { testTier } from '../scripts/tier.mjs';

// The programs that these tests start inherit it.
Object.assign(process.env, softwareVulkan());

/** They pack our packages and install them with npm, or build pages: long, for what seldom fails. */
const FULL_ONLY = [
  'packed.test.ts',
  'packed-readmes.test.ts',
  'bundlers.test.ts',
  'examples.test.ts',
  'docs-site.test.ts',
  'docs-bundlers.test.ts',
  'bundle-sizes.test.ts',
  'oldest-tensorflow.test.ts',
];
const isQuick = testTier() === 'quick';
if (isQuick) {
  console.log(
    `left out unless SLUICE_TESTS is 'full': ${FULL_ONLY.join(', ')}, a measurement on a bare machine`,
  );
}

/** The repository's own tests start compilers, npm and whole programs: they take longer than a package's. */
export default defineConfig({
  test: {
    include: ['*.test.ts'],
    exclude: isQuick ? FULL_ONLY : [],
    environment: 'node',
    // They are the last of the full tier, when nothing else runs; most wait for programs that they start.
    ...(!isQuick && { maxWorkers: 2 }),
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});

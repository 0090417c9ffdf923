import { defineConfig } from 'vitest/config';

/** The one Vitest configuration of the repository: every package's vitest.config.ts re-exports it. */
export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    environment: 'node',
    // Built packages need no transformation, which would take up to 2 s in each process.
    server: { deps: { external: [/[\\/]dist[\\/]/] } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

import { defineConfig } from 'vitest/config';

/** The repository's own tests start compilers, npm and whole programs: they take longer than a package's. */
export default defineConfig({
  test: { include: ['*.test.ts'], environment: 'node', testTimeout: 120_000, hookTimeout: 180_000 },
});

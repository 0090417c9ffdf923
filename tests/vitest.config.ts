import { defineConfig } from 'vitest/config';
import { softwareVulkan } from '../scripts/browser/software-vulkan.mjs';

// The programs that these tests start inherit it.
Object.assign(process.env, softwareVulkan());

/** The repository's own tests start compilers, npm and whole programs: they take longer than a package's. */
export default defineConfig({
  test: { include: ['*.test.ts'], environment: 'node', testTimeout: 120_000, hookTimeout: 180_000 },
});

import { mergeConfig } from 'vitest/config';
import { softwareVulkan } from '../../scripts/browser/software-vulkan.mjs';
import shared from '../../vitest.shared.js';

// The processes that run the tests inherit it.
Object.assign(process.env, softwareVulkan());

// The conformance suites in Node and in Chromium take minutes, and each keeps one processor busy, mostly with compiling.
export default mergeConfig(shared, { test: { maxWorkers: 2 } });

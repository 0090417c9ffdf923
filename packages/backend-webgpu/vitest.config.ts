import { softwareVulkan } from '../../scripts/browser/software-vulkan.mjs';

// The processes that run the tests inherit it.
Object.assign(process.env, softwareVulkan());

export { default } from '../../vitest.shared.js';

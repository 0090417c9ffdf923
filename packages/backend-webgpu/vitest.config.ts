import { relative } from 'node:path';
import { mergeConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { softwareVulkan } from '../../scripts/browser/software-vulkan.mjs';
import shared from '../../vitest.shared.js';

// The processes that run the tests inherit it.
Object.assign(process.env, softwareVulkan());

/** They take longest and are short files, which Vitest would start last: then one processor waits at the end. */
const LONGEST = [
  'tests/conformance.test.ts',
  'tests/browser/conformance.test.ts',
  'tests/tfjs-layers.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = LONGEST.indexOf(relative(import.meta.dirname, moduleId).replaceAll('\\', '/'));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

// The conformance suites in Node and in Chromium take minutes, and each keeps one processor busy, mostly with compiling.
export default mergeConfig(shared, { test: { maxWorkers: 2, sequence: { sequencer: LongestFirst } } });

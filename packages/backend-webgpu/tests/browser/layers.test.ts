import type { TestReport } from '@sluice/conformance/browser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureTexts } from '../../../../scripts/browser/conformance.mjs';
import { softwareWebGPU, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { testTier } from '../../../../scripts/tier.mjs';
import { type Browser, resultOfPage } from './pages.js';

/** The time limit of the page: several times what it takes on a quiet machine. */
const SECONDS = 240;

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium(softwareWebGPU);
});
afterAll(() => browser?.close());

const policy = 'in a page with a strict Content-Security-Policy';

test(`a layer trains ${policy}`, async () => {
  const { losses } = (await resultOfPage(browser, { script: 'training-page.ts' })) as { losses: number[] };
  expect(losses).toHaveLength(3);
  expect(losses[2]).toBeLessThan(losses[0]);
});

// It takes as long as in Node, where the quick tier runs it on the same kernels: in the full tier.
test.runIf(testTier() === 'full')(
  `the suite of layers passes ${policy}`,
  {
    timeout: 1000 * (SECONDS + 30),
  },
  async () => {
    const page = { script: 'layers-page.ts', seconds: SECONDS };
    const report = (await resultOfPage(browser, page)) as TestReport;
    expect(failureTexts(report)).toEqual([]);
    expect(report).toEqual({ passed: expect.any(Number), skipped: 0, failures: [] });
    expect(report.passed).toBeGreaterThan(90);
  },
);

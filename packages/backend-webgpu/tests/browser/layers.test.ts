import type { TestReport } from '@sluice/conformance/browser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureTexts } from '../../../../scripts/browser/conformance.mjs';
import { softwareWebGPU, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { type Browser, resultOfPage } from './pages.js';

/** How long the page may take: several times what it needs on a machine that has nothing else to do. */
const SECONDS = 240;

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium(softwareWebGPU);
});
afterAll(() => browser?.close());

test('the suite of layers passes in a page with a strict Content-Security-Policy', {
  timeout: 1000 * (SECONDS + 30),
}, async () => {
  const page = { script: 'layers-page.ts', seconds: SECONDS };
  const report = (await resultOfPage(browser, page)) as TestReport;
  expect(failureTexts(report)).toEqual([]);
  expect(report).toEqual({ passed: expect.any(Number), skipped: 0, failures: [] });
  expect(report.passed).toBeGreaterThan(90);
});

import { join } from 'node:path';
import type { TestReport } from '@sluice/conformance/browser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureTexts } from '../../../../scripts/browser/conformance.mjs';
import { softwareWebGL, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { resultOfScript } from '../../../../scripts/browser/script-page.mjs';

/** How long the page may take: several times what it needs on a machine that has nothing else to do. */
const SECONDS = 240;

let browser: Awaited<ReturnType<typeof startChromium>>;
beforeAll(async () => {
  browser = await startChromium(softwareWebGL);
});
afterAll(() => browser?.close());

test('the suite of layers passes on webgl, where there are no kernels of Sluice', {
  timeout: 1000 * (SECONDS + 30),
}, async () => {
  const report: TestReport = await resultOfScript(browser, {
    script: join(import.meta.dirname, 'webgl-page.ts'),
    policy: "default-src 'none'; script-src 'self'",
    seconds: SECONDS,
  });
  expect(failureTexts(report)).toEqual([]);
  expect(report).toEqual({ passed: expect.any(Number), skipped: 0, failures: [] });
  expect(report.passed).toBeGreaterThan(90);
});

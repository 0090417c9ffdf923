import { join } from 'node:path';
import type { TestReport } from '@sluice/conformance/browser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureTexts } from '../../../../scripts/browser/conformance.mjs';
import { softwareWebGL, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { resultOfScript } from '../../../../scripts/browser/script-page.mjs';
import { testTier } from '../../../../scripts/tier.mjs';

/** The time limit of the page: several times what it takes on a quiet machine. */
const SECONDS = 240;

let browser: Awaited<ReturnType<typeof startChromium>>;
beforeAll(async () => {
  browser = await startChromium(softwareWebGL);
});
afterAll(() => browser?.close());

// The whole suite takes 45 s of processor time: webgl compiles some 670 programs and runs each operation by itself. The quick
// tier runs 23 of its tests here, and all of them on the operations of the cpu backend.
const tier = testTier();
const part = tier === 'full' ? 'the suite' : 'a part of the suite';

test(`${part} of layers passes on webgl, which has no kernels of Sluice`, {
  timeout: 1000 * (SECONDS + 30),
}, async () => {
  const report: TestReport = await resultOfScript(browser, {
    script: join(import.meta.dirname, 'webgl-page.ts'),
    policy: "default-src 'none'; script-src 'self'",
    query: `?tier=${tier}`,
    seconds: SECONDS,
  });
  expect(failureTexts(report)).toEqual([]);
  expect(report).toEqual({ passed: expect.any(Number), skipped: 0, failures: [] });
  expect(report.passed).toBeGreaterThanOrEqual(tier === 'full' ? 110 : 23);
});

import { join } from 'node:path';
import type { TestReport } from '@sluice/conformance/browser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureTexts } from '../../../../scripts/browser/conformance.mjs';
import { softwareWebGL, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { resultOfScript } from '../../../../scripts/browser/script-page.mjs';
import { testTier } from '../../../../scripts/tier.mjs';

/** The time limit of the page: several times what it takes on a quiet machine. */
const SECONDS = 240;

/** 45 s of processor time: webgl compiles some 670 programs and runs each operation by itself. */
const isFull = testTier() === 'full';
if (!isFull) console.log("left out unless SLUICE_TESTS is 'full': the suite of layers on webgl");

let browser: Awaited<ReturnType<typeof startChromium>>;
beforeAll(async () => {
  if (isFull) browser = await startChromium(softwareWebGL);
});
afterAll(() => browser?.close());

test.runIf(isFull)(
  'the suite of layers passes on webgl, which has no kernels of Sluice',
  {
    timeout: 1000 * (SECONDS + 30),
  },
  async () => {
    const report: TestReport = await resultOfScript(browser, {
      script: join(import.meta.dirname, 'webgl-page.ts'),
      policy: "default-src 'none'; script-src 'self'",
      seconds: SECONDS,
    });
    expect(failureTexts(report)).toEqual([]);
    expect(report).toEqual({ passed: expect.any(Number), skipped: 0, failures: [] });
    expect(report.passed).toBeGreaterThanOrEqual(110);
  },
);

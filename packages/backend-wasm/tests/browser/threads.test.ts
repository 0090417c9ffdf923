import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isolation, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { type Browser, resultOfPage, strictPolicy } from './pages.js';

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

describe('threads in a page with a strict Content-Security-Policy', () => {
  const page = { script: 'threads-page.ts', policy: strictPolicy };

  test('isolated: the numbers of one thread, before the workers are there, with them and without', async () => {
    expect(await resultOfPage(browser, { ...page, headers: isolation })).toEqual({
      threads: [3, 1],
      differences: [0, 0, 0, 0],
      workers: 2,
      told: [],
    });
  });

  test('not isolated: one thread, which is said', async () => {
    expect(await resultOfPage(browser, page)).toEqual({
      threads: [1, 1],
      differences: [0, 0, 0, 0],
      workers: 0,
      told: [expect.stringMatching(/runs on one thread: this page is not cross-origin isolated/)],
    });
  });
});

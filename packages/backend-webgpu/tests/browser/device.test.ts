import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { softwareWebGPU, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { type Browser, resultOfPage } from './pages.js';

describe('a device in a page with a strict Content-Security-Policy', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium(softwareWebGPU);
  });
  afterAll(() => browser?.close());

  test.each([
    ['adapter', 32_768],
    ['default', 16_384],
  ])('with the limits of %s', async (limits, maxComputeWorkgroupStorageSize) => {
    const page = { script: 'device-page.ts', query: `?limits=${limits}` };
    expect(await resultOfPage(browser, page)).toEqual({
      software: 'swiftshader',
      maxComputeWorkgroupStorageSize,
      values: [2, 5, -6],
    });
  });
});

describe('a page without an adapter', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium(['--disable-gpu']);
  });
  afterAll(() => browser?.close());

  test('gets advice in the error', async () => {
    const page = { script: 'device-page.ts', query: '?limits=default' };
    await expect(resultOfPage(browser, page)).rejects.toThrow(/has no adapter.*--enable-unsafe-webgpu/);
  });
});

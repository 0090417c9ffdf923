import type { Worker } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { softwareWebGPU, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { finished, openPage, rowsOf, type Site, servePage } from './opened-page.js';

let browser: Awaited<ReturnType<typeof startChromium>>;
let site: Site;
beforeAll(async () => {
  // Chromium's software adapter: right, if slow.
  browser = await startChromium(softwareWebGPU);
  site = await servePage('isolated');
});
afterAll(async () => {
  await browser?.close();
  site?.close();
});

const SUITE = 'workloads=forward&cells=gru&shapes=2,3,3,4&backends=webgpu,cpu&contenders=tf.layers,sluice';

/** Keeps the device that a worker gets, so that it can be lost when the test wants. */
const keepDevice = (worker: Worker) =>
  worker.evaluate(() => {
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...options) {
      const device = await requestDevice.apply(this, options);
      Object.assign(globalThis, { kept: device });
      return device;
    };
  });

test('a device that is lost half-way is said, and the rest goes on', async () => {
  const page = await openPage(browser, site.address, SUITE);
  const workers: Worker[] = [];
  page.on('worker', (worker) => {
    workers.push(worker);
    void keepDevice(worker).catch(() => {});
  });
  expect(await page.textContent('label:has(input[value=webgpu])')).not.toMatch(/not available/);
  await page.click('#measure');
  await page.waitForFunction(
    () => / round ([3-9]|1\d)/.test(document.querySelector('.stage')?.textContent ?? ''),
    null,
    {
      timeout: 50_000,
    },
  );
  for (const worker of workers) {
    await worker.evaluate(() => (globalThis as { kept?: GPUDevice }).kept?.destroy()).catch(() => undefined);
  }
  await finished(page);
  const rows = await rowsOf(page);
  expect(rows.filter(({ Device }) => Device === 'CPU (JavaScript)').length).toBe(2);
  const lost = rows.filter(({ Device }) => Device === 'WebGPU');
  expect(lost.map(({ Library }) => Library).sort()).toEqual(['Sluice', 'tf.layers']);
  for (const row of lost) {
    expect(Number(row['Max error'])).toBeLessThan(1e-5);
    expect(Number(row['Max error'])).toBeGreaterThan(0);
  }
  expect(await page.textContent('.remarks')).toMatch(
    /tf\.layers on webgpu ended early, after \d+ calls: the WebGPU device was lost/,
  );
  await page.close();
});

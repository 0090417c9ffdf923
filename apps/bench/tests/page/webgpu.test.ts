import type { Worker } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { softwareWebGPU, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { testTier } from '../../../../scripts/tier.mjs';
import { readRun } from '../../src/report/results-file.js';
import { isMeasured } from '../../src/run/results.js';
import { BRIEFLY, downloaded, finished, openPage, rowsOf, type Site, servePage } from './opened-page.js';

/** A software adapter compiles kernels for seconds; the backend's own tests have a quick tier. */
const isFull = testTier() === 'full';
if (!isFull) console.log("left out unless SLUICE_TESTS is 'full': WebGPU in the page");

let browser: Awaited<ReturnType<typeof startChromium>>;
let site: Site;
beforeAll(async () => {
  if (!isFull) return;
  // Chromium's software adapter: right, if slow.
  browser = await startChromium(softwareWebGPU);
  site = await servePage('isolated');
});
afterAll(async () => {
  await browser?.close();
  site?.close();
});

const WORKLOADS = ['forward', 'gradient', 'train', 'step'];

const SUITE = `workloads=forward&cells=gru&shapes=2,3,3,4&backends=webgpu,cpu&contenders=tf.layers,sluice&${BRIEFLY}`;

/** Loses the device that a worker gets before its fourth turn: the first warms up, two are measured. */
const loseDevice = (worker: Worker) =>
  worker.evaluate(() => {
    let turns = 0;
    let device: GPUDevice | undefined;
    addEventListener('message', ({ data }) => {
      if (data.kind === 'turn' && ++turns === 4) device?.destroy();
    });
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (...options) {
      device = await requestDevice.apply(this, options);
      return device;
    };
  });

test.runIf(isFull)(`${WORKLOADS.join(', ')} are measured on WebGPU, with right results`, async () => {
  const query = `workloads=${WORKLOADS}&cells=gru&shapes=2,3,3,4&backends=webgpu&contenders=sluice`;
  const page = await openPage(browser, site.address, `${query}&${BRIEFLY}`);
  await page.click('#measure');
  await finished(page);
  const run = readRun((await downloaded(page, '#download-json')).text);
  expect(run.machine?.webgpu).toMatchObject({ software: true });
  const results = run.reports.flatMap((report) => report.results).filter(isMeasured);
  expect(results.map(({ workload }) => workload)).toEqual(WORKLOADS);
  const rows = await rowsOf(page);
  for (const [i, { maxError, medianMs, kernels, workload }] of results.entries()) {
    expect(maxError, workload).toBeLessThan(1e-4);
    expect(medianMs, workload).toBeGreaterThan(0);
    if (workload === 'forward') expect(kernels).toBe(1);
    const shown = Number(rows[i]['Median, ms'] ?? Number(rows[i]['Median, µs']) / 1000);
    expect(Math.abs(shown - medianMs) / medianMs, workload).toBeLessThan(0.006);
  }
  await page.close();
});

test.runIf(isFull)('the loss of a device is reported, and the rest is measured', async () => {
  const page = await openPage(browser, site.address, SUITE);
  page.on('worker', (worker) => void loseDevice(worker).catch(() => {}));
  expect(await page.textContent('label:has(input[value=webgpu])')).not.toMatch(/not available/);
  await page.click('#measure');
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
    /tf\.layers on webgpu ended early, after 2 calls: the WebGPU device was lost/,
  );
  await page.close();
});

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChromium } from '../../../../scripts/browser/open-page.mjs';
import { testTier } from '../../../../scripts/tier.mjs';
import { jsonLine, writeRun } from '../../src/report/results-file.js';
import type { Measured } from '../../src/run/results.js';
import {
  BRIEFLY,
  chooseFile,
  finished,
  openPage,
  rowsOf,
  type Site,
  servePage,
  visit,
} from './opened-page.js';

/** These measure for seconds. */
const testInFull = test.runIf(testTier() === 'full');
if (testTier() !== 'full')
  console.log("left out unless SLUICE_TESTS is 'full': some measurements in the page");

let browser: Awaited<ReturnType<typeof startChromium>>;
let isolated: Site;
let plain: Site;
/** One page for all tests that need no browser context of their own: each visits an address, or goes on. */
let page: Page;
beforeAll(async () => {
  browser = await startChromium();
  [isolated, plain] = [await servePage('isolated'), await servePage('plain')];
  page = await openPage(browser, isolated.address, 'cells=gru');
});
afterAll(async () => {
  await browser?.close();
  isolated?.close();
  plain?.close();
});

const result: Measured = {
  ...{ workload: 'forward', shape: [64, 50, 128, 128], cell: 'gru', backend: 'wasm', threads: 1 },
  ...{ contender: 'sluice', medianMs: 20, minMs: 18, quartilesMs: [19, 21], runs: 40, roundsMs: [20] },
  ...{ firstMs: 250, maxError: 2e-7, kernels: 1, flops: 6e8 },
};
const peer: Measured = { ...result, contender: 'onnxruntime-web', medianMs: 50, quartilesMs: [48, 52] };
const wrong: Measured = { ...result, contender: 'tf.layers', medianMs: 1, maxError: 0.25 };
const linesOf = (...results: Measured[]) => results.map(jsonLine).join('');

test('the page describes the machine and, in five steps, the method', async () => {
  const facts = Object.fromEntries(
    await page.$$eval('.machine div', (divs) =>
      divs.map((div) => [div.querySelector('dt')?.textContent, div.querySelector('dd')?.textContent]),
    ),
  );
  expect(facts).toMatchObject({
    'Runs in': expect.stringMatching(/^Chrom\S+ \d+/),
    'Logical cores': String(await page.evaluate(() => navigator.hardwareConcurrency)),
    WebAssembly: expect.stringMatching(/^SIMD, .*relaxed SIMD, threads$/),
    'Shared memory': 'yes, cross-origin isolated',
    'WebGPU adapter': expect.stringMatching(/^none: .*WebGPU/),
    Libraries: expect.stringMatching(/tfjs-core 4\.\d+\.\d+, onnxruntime-web 1\./),
  });
  const steps = await page.$$eval('.method li', (items) => items.map((item) => item.textContent ?? ''));
  expect(steps.length).toBe(5);
  for (const step of steps) expect(step).toMatch(/^[A-Z].*\.$/);
});

test('settings always have a choice of each kind', async () => {
  await page.click('summary');
  await page.click('input[value=gru]');
  expect(await page.isChecked('input[value=gru]')).toBe(true);
});

describe('a file', () => {
  test('with a wrong result marks it and does not rank it', async () => {
    await chooseFile(page, '#open', 'lines.jsonl', linesOf(wrong, peer, result));
    const rows = await rowsOf(page);
    expect(rows.map((row) => [row.Library, row['÷ fastest'], row['Max error']])).toEqual([
      ['Sluice', '1.00', '2.0e-7'],
      ['onnxruntime-web', '2.50', '2.0e-7'],
      ['tf.layers', '–', 'WRONG 2.5e-1'],
    ]);
    const chart = (await page.getAttribute('figure [role=img]', 'aria-description')) ?? '';
    expect(chart).toMatch(/Sluice · WASM, 1 thread: 20.0 ms, middle half 19.0 to 21.0;/);
    expect(chart).not.toMatch(/tf\.layers/);
  });

  test('with noise warns, ranks nothing that overlaps, and does not use a ceiling below a measured speed', async () => {
    const noisy: Measured = { ...peer, medianMs: 24, quartilesMs: [20.5, 40] };
    const ceilings = [{ backend: 'wasm', registerLoop: 20, matrixProduct: 15 }] as const;
    const reports = [{ task: { ...result }, results: [result, noisy], notes: [] }];
    await chooseFile(page, '#open', 'noisy.json', writeRun({ ceilings, reports }));
    const rows = (await rowsOf(page)).filter((row) => 'Library' in row);
    expect(rows.map((row) => row['÷ fastest'])).toEqual(['≈ 1.00', '≈ 1.20']);
    expect(rows.map((row) => row['of ceiling'])).toEqual(['–', '–']);
    expect(await page.$$('.results td strong')).toEqual([]);
    const warnings = await page.$$eval('main .notice', (notices) =>
      notices.map(({ textContent }) => textContent),
    );
    expect(warnings).toEqual([
      expect.stringMatching(/^The times of [^;]+ · WASM, 1 thread vary too much to be trusted/),
      expect.stringMatching(/^The ceiling of WASM, 1 thread is below a measured speed/),
    ]);
  });

  test('is compared with another, side by side', async () => {
    await chooseFile(page, '#open', 'first.jsonl', linesOf(result, peer, wrong));
    const others = [
      { ...result, medianMs: 30 },
      { ...wrong, maxError: 1e-7 },
    ];
    await chooseFile(page, '#compare', 'second.jsonl', linesOf(...others));
    const pairs = (await rowsOf(page)).filter((row) => 'B ÷ A' in row);
    expect(pairs.map((row) => [row.Library, row.A, row.B, row['B ÷ A']])).toEqual([
      ['Sluice', '20.0 ms', '30.0 ms', '1.50'],
    ]);
    expect(await page.textContent('.sides')).toMatch(/A: first\.jsonl.*B: second\.jsonl/s);
    await page.click('#end-comparison');
    expect(await page.$('.comparison')).toBeNull();
  });

  test('that scales in one dimension has a curve', async () => {
    const varied = [25, 50, 100].map(
      (timesteps): Measured => ({ ...result, shape: [64, timesteps, 128, 128], medianMs: timesteps / 2 }),
    );
    await chooseFile(page, '#open', 'scaling.jsonl', linesOf(...varied));
    const curve = await page.getAttribute('svg[aria-label^=Scaling]', 'aria-description');
    expect(curve).toBe('Sluice · WASM, 1 thread: 12.5 ms at 25, 25.0 ms at 50, 50.0 ms at 100');
  });

  test('of other content is refused with a reason, and the shown results stay', async () => {
    const before = await rowsOf(page);
    await chooseFile(page, '#open', 'notes.json', '{"title": "a letter"}');
    expect(await page.textContent('[role=alert]')).toMatch(/notes\.json: This is not a file of results/);
    expect(await rowsOf(page)).toEqual(before);
  });
});

describe('Cancel', () => {
  testInFull('ends a long call at once, by the keyboard, and keeps the results so far', async () => {
    await visit(
      page,
      isolated.address,
      // A step is short; a sequence takes TensorFlow.js many seconds.
      `workloads=step,forward&cells=gru&shapes=1,20000,256,256&backends=cpu&contenders=tf.layers,sluice&${BRIEFLY}`,
    );
    await page.click('#measure');
    const stuck = /tf\.layers gru on cpu: checking/;
    await page.waitForFunction(
      (text) => new RegExp(text).test(document.body.textContent ?? ''),
      stuck.source,
      {
        timeout: 40_000,
      },
    );
    const started = performance.now();
    await page.keyboard.press('Enter');
    await finished(page);
    expect(performance.now() - started).toBeLessThan(3000);
    await expect.poll(() => page.workers().length, { timeout: 10_000 }).toBe(0);
    const rows = await rowsOf(page);
    expect(rows.filter(({ Library }) => Library === 'Sluice').length).toBe(1);
    expect(await page.textContent('[role=status]')).toMatch(/Cancelled/);
  });
});

testInFull(
  'the results of a run stay after a reload, and the next estimate is that of this machine',
  async () => {
    const link = `workloads=step&cells=gru&contenders=sluice&backends=cpu&${BRIEFLY}`;
    await visit(page, isolated.address, link);
    await page.click('#measure');
    await finished(page);
    expect(await page.isVisible('text=All is measured')).toBe(true);
    const rows = await rowsOf(page);
    expect(rows.length).toBeGreaterThan(0);
    await page.reload();
    await page.waitForSelector('#measure');
    expect(await rowsOf(page)).toEqual(rows);
    await page.evaluate(() => localStorage.setItem('sluice-bench-pace', '9'));
    await page.goto(`${isolated.address}?workloads=forward&cells=gru&contenders=sluice&backends=cpu`);
    const slow = await page.textContent('.plan');
    await page.evaluate(() => localStorage.setItem('sluice-bench-pace', 'none'));
    await page.evaluate(() => localStorage.setItem('sluice-bench-run', '{"results": [{}]}'));
    await page.reload();
    await page.waitForSelector('#measure');
    expect(await page.textContent('.plan')).not.toBe(slow);
    expect(await rowsOf(page)).toEqual([]);
  },
);

describe('settings', () => {
  test('are in the address and restored from it', async () => {
    await visit(page, isolated.address);
    await page.click('summary');
    await page.check('input[value=lstm]');
    await page.uncheck('input[value=train]');
    await page.fill('#threads', '3');
    await page.keyboard.press('Tab');
    await page.check('input[value=own]');
    await page.click('text=Vary timesteps');
    const shapes = await page.inputValue('#own-shapes');
    expect(shapes.split('\n').length).toBe(4);
    await page.reload();
    await page.waitForSelector('#measure');
    expect(await page.isChecked('input[value=lstm]')).toBe(true);
    expect(await page.isChecked('input[value=train]')).toBe(false);
    expect(await page.isChecked('input[value=wasm-3]')).toBe(true);
    expect(await page.inputValue('#own-shapes')).toBe(shapes);
  });

  test('are in the copied link', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await visit(page, isolated.address, 'cells=sru&workloads=step');
    await page.click('summary');
    await page.check('input[value=lstm]');
    await page.click('#copy-link');
    await page.waitForSelector('[role=status]:has-text("copied")', { state: 'attached' });
    const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    expect(link.origin + link.pathname).toBe(isolated.address);
    expect(link.searchParams.get('cells')?.split(',').sort()).toEqual(['lstm', 'sru']);
    expect(link.searchParams.get('workloads')).toBe('step');
  });

  test('with unknown names are reported', async () => {
    await visit(page, isolated.address, 'cells=gru,transformer&shapes=1,2,3');
    expect(await page.textContent('[role=alert]')).toMatch(/transformer, 1,2,3/);
  });
});

describe('the page reports missing features and measures the rest', () => {
  test('on a plain file server: no isolation, no threads', async () => {
    await visit(
      page,
      plain.address,
      `workloads=step&cells=gru&contenders=sluice&backends=cpu,wasm-2&${BRIEFLY}`,
    );
    expect(await page.textContent('.notice')).toMatch(
      /not cross-origin isolated.*Cross-Origin-Embedder-Policy/,
    );
    await page.click('summary');
    expect(await page.isDisabled('input[value=wasm-2]')).toBe(true);
    await page.click('#measure');
    await finished(page);
    expect((await rowsOf(page)).map((row) => [row.Library, row.Device])).toEqual([
      ['Sluice', 'CPU (JavaScript)'],
    ]);
  });

  testInFull('without SIMD and WebGPU: cpu alone', async () => {
    const context = await browser.newContext();
    await context.addInitScript(() => {
      WebAssembly.validate = () => false;
      Object.defineProperty(navigator, 'gpu', { value: undefined });
    });
    const page = await context.newPage();
    await visit(page, isolated.address, `workloads=step&cells=gru&contenders=sluice&${BRIEFLY}`);
    expect(await page.textContent('.notice')).toMatch(/no WebAssembly SIMD/);
    expect(await page.textContent('.plan')).toMatch(/on CPU \(JavaScript\)/);
    await page.click('summary');
    expect(await page.isDisabled('input[value=wasm]')).toBe(true);
    expect(await page.textContent('label:has(input[value=webgpu])')).toMatch(/not available: .*no WebGPU/);
    await page.click('#measure');
    await finished(page);
    expect((await rowsOf(page)).map((row) => row.Device)).toEqual(['CPU (JavaScript)']);
    await context.close();
  });
});

import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChromium } from '../../../../scripts/browser/open-page.mjs';
import { type Run, readRun } from '../../src/report/results-file.js';
import { sortCeilings } from '../../src/run/noise.js';
import { isMeasured, type Measured, rankedOf } from '../../src/run/results.js';
import {
  BRIEFLY,
  chooseFile,
  downloaded,
  finished,
  openPage,
  type Row,
  rowsOf,
  type Site,
  servePage,
} from './opened-page.js';

const SUITE =
  'workloads=forward&cells=gru&shapes=2,5,3,4&backends=cpu,wasm&contenders=sluice,tf.layers,onnxruntime-web';

let browser: Awaited<ReturnType<typeof startChromium>>;
let site: Site;
let page: Page;
let json: { name: string; text: string };
let run: Run;
beforeAll(async () => {
  browser = await startChromium();
  site = await servePage('isolated');
  page = await openPage(browser, site.address, `${SUITE}&${BRIEFLY}`);
});
afterAll(async () => {
  await browser?.close();
  site?.close();
});

/** The only problems that count here: none at all. */
async function problemsOf(opened: Page): Promise<string[]> {
  await opened.evaluate(axe.source);
  const { violations } = (await opened.evaluate('axe.run()')) as axe.AxeResults;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

describe('a small suite on cpu and wasm', () => {
  test('starts by the keyboard, shows its progress, and keeps the page responsive', async () => {
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(() => document.activeElement?.id)) === 'measure') break;
    }
    await page.keyboard.press('Enter');
    await page.waitForSelector('progress');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('cancel');
    const shares: number[] = [];
    while (await page.$('progress')) {
      const share = await page.$eval('progress', (bar) => bar.value, undefined).catch(() => undefined);
      const text = await page.$eval('.stage', (line) => line.textContent ?? '').catch(() => undefined);
      if (share === undefined || text === undefined) break;
      expect(text).toMatch(/\d+ %, (a few seconds|about \d+ (s|min)) left/);
      shares.push(share);
      await page.waitForTimeout(50);
    }
    await finished(page);
    expect(shares.length).toBeGreaterThan(10);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBeGreaterThan(0.6);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('measure');
    await expect.poll(() => page.workers().length).toBe(0);
  });

  test('is downloaded as JSON with results, machine and ceilings', async () => {
    json = await downloaded(page, '#download-json');
    expect(json.name).toMatch(/^sluice-bench-\d{4}-\d\d-\d\dT\d{4}\.json$/);
    run = readRun(json.text);
    expect(run.machine?.runtime).toMatch(/Chrom/);
    expect(run.machine).toMatchObject({ simd: true, sharedMemory: true });
    expect(run.ceilings.map(({ backend }) => backend)).toEqual(['cpu', 'wasm']);
    const results = run.reports.flatMap((report) => report.results);
    expect(results.map(({ workload, contender, backend }) => `${workload} ${contender} ${backend}`)).toEqual([
      ...['forward sluice cpu', 'forward tf.layers cpu', 'forward sluice wasm', 'forward tf.layers wasm'],
      'forward onnxruntime-web wasm',
    ]);
    const measured = results.filter(isMeasured);
    expect(measured.length).toBe(5);
    for (const { maxError, runs, firstMs } of measured) {
      expect(maxError).toBeLessThan(2e-6);
      expect(runs).toBeGreaterThanOrEqual(20);
      expect(firstMs).toBeGreaterThan(0);
    }
  });

  test('shows the measured numbers', async () => {
    const rows = await rowsOf(page);
    expect(rows.length).toBe(5);
    for (const { results } of run.reports) {
      const measured = results.filter(isMeasured);
      const fastest = Math.min(...measured.map(({ medianMs }) => medianMs));
      for (const result of measured) expectShown(rowFor(rows, result), result, fastest);
    }
  });

  test('is downloaded as CSV and opened again, and shows the same', async () => {
    const shown = await rowsOf(page);
    const csv = await downloaded(page, '#download-csv');
    expect(csv.text.split('\n').length).toBe(6);
    const other = await openPage(browser, site.address);
    await chooseFile(other, '#open', json.name, json.text);
    expect(await rowsOf(other)).toEqual(shown);
    expect(await other.textContent('#results')).toContain(json.name);
    await chooseFile(other, '#open', csv.name, csv.text);
    // A table of results alone knows no ceilings.
    const withoutShare = (row: Row) => ({ ...row, 'of ceiling': '', 'of product': '' });
    expect((await rowsOf(other)).map(withoutShare)).toEqual(shown.map(withoutShare));
    await other.close();
  });

  test('has no accessibility problem, in light and in dark, wide and narrow, with the settings open', async () => {
    await page.click('summary');
    expect(await problemsOf(page)).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 375, height: 800 });
    expect(await problemsOf(page)).toEqual([]);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });
});

const NAMES: Readonly<Record<string, string>> = {
  sluice: 'Sluice',
  cpu: 'CPU (JavaScript)',
  wasm: 'WASM, 1 thread',
};

const rowFor = (rows: readonly Row[], { contender, backend, shape }: Measured): Row =>
  rows.find(
    (row) =>
      row.Library === (NAMES[contender] ?? contender) &&
      row.Device === NAMES[backend] &&
      row.caption.includes(shape[1] === 1 ? '1 step' : `${shape[1]} steps`),
  )!;

/** The numbers of a row, against those of the file; the page rounds to three digits. */
function expectShown(row: Row, result: Measured, fastest: number): void {
  const unit = 'Median, µs' in row ? { name: 'µs', perMillisecond: 1000 } : { name: 'ms', perMillisecond: 1 };
  const close = (shown: string, value: number) => {
    expect(Math.abs(Number(shown) - value) / value, `${shown} for ${value}`).toBeLessThan(0.006);
  };
  close(row[`Median, ${unit.name}`], result.medianMs * unit.perMillisecond);
  const half = row[`Middle half, ${unit.name}`].split(' – ');
  for (const i of [0, 1] as const) close(half[i], result.quartilesMs[i] * unit.perMillisecond);
  expect(Number(row['÷ fastest'].replace('≈ ', ''))).toBeCloseTo(result.medianMs / fastest, 1);
  close(row['GFLOP/s'], result.flops / result.medianMs / 1e6);
  expect(Math.abs(Number(row['First result, ms']) - result.firstMs)).toBeLessThan(1);
  expect(Math.abs(Number(row['Max error']) - result.maxError)).toBeLessThan(0.06 * result.maxError);
  const ceiling = run.ceilings.find(({ backend }) => backend === result.backend)!;
  if ('skipped' in ceiling) throw new Error(ceiling.skipped);
  const { trusted } = sortCeilings(
    run.reports.flatMap(({ results }) => rankedOf(results)),
    run.ceilings,
  );
  for (const [column, kind] of [
    ['of ceiling', 'registerLoop'],
    ['of product', 'matrixProduct'],
  ] as const) {
    const percent = result.flops / result.medianMs / 1e4 / ceiling[kind];
    if (!trusted.includes(ceiling)) expect(row[column]).toBe('–');
    else if (percent < 0.1) expect(row[column]).toBe('< 0.1 %');
    else expect(Math.abs(Number.parseFloat(row[column]) - percent)).toBeLessThan(percent < 10 ? 0.06 : 0.6);
  }
}

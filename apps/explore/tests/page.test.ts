import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { unzipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { serve, startChromium } from '../../../scripts/browser/open-page.mjs';
import { testTier } from '../../../scripts/tier.mjs';
import { fragmentOf, settingsOf } from '../src/page/link.js';
import type { RunSettings } from '../src/protocol.js';

const built = fileURLToPath(new URL('../dist/page/', import.meta.url));
const settings: RunSettings = {
  cells: [{ name: 'mine', equations: 'h = tanh(W x + U h_prev + b)' }],
  ...{ task: 'adding', device: 'cpu', units: 8, epochs: 2, learningRate: 0.01, seed: 3 },
};
const file = {
  name: 'notes.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(
    Array.from({ length: 80 }, (_, i) => (i % 2 ? `good,what a fine day ${i}` : `bad,rain again ${i}`)).join(
      '\n',
    ),
  ),
};

let browser: Browser;
let site: Awaited<ReturnType<typeof serve>>;
let page: Page;
let problems: string[] = [];
beforeAll(async () => {
  if (!existsSync(built))
    throw new Error('The page is not built; run its build (build:page) before its tests.');
  site = await serve({ folders: { '/some/folder/': built } });
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  site?.close();
});
beforeEach(async () => {
  problems = [];
  page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('pageerror', ({ message }) => problems.push(message));
  await page.goto(`${site.address}/some/folder/`);
  return async () => {
    expect(problems).toEqual([]);
    await page.close();
  };
});

const message = () => page.textContent('#message');
const open = async (fragment: string) => {
  await page.goto('about:blank');
  await page.goto(`${site.address}/some/folder/#${fragment}`);
};
/** Trains what is set, and waits for the end and for the pictures. */
async function train(button = '#train') {
  await page.click(button);
  await page.waitForSelector('#looks article', { timeout: 60_000 });
  expect(await message()).toBe('Finished. Look inside below.');
}
const set = (id: string, value: string) => page.fill(`#${id}`, value);

test('the page shows the GRU of the article, typeset, beside an SRU, and trains both', async () => {
  expect(await page.inputValue('.cell .equations')).toContain(
    String.raw`z_t = \sigma(W_z \cdot [h_{t-1}, x_t] + b_z)`,
  );
  expect(await page.locator('.cell .katex').count()).toBe(2);
  await page.click('summary:has-text("Sizes")');
  await set('epochs', '1');
  await train('#start');
  const rows = await page.locator('#table tbody tr').allInnerTexts();
  expect(rows.map((row) => row.split('\t')[0])).toEqual(['GRU', 'SRU']);
  // One of twelve languages by chance would be 8 %.
  for (const row of rows) expect(Number(/([\d.]+) %/.exec(row)?.[1])).toBeGreaterThan(20);
});

describe.runIf(testTier() === 'full')('in full', () => {
  test('a mistake in the equations is shown at its place, and a fix is typeset', async () => {
    const editor = page.locator('.equations').first();
    await editor.fill('h = tanh(W x + U h_prev + b');
    await page.waitForFunction(() => document.querySelector('.error')?.textContent?.includes('column'));
    expect(await editor.getAttribute('aria-invalid')).toBe('true');
    await editor.fill('h = tanh(W x + U h_prev + b)');
    await page.waitForFunction(() => document.querySelector('.error')?.textContent === '');
    expect(await page.textContent('.facts')).toContain('2,080 parameters in the cell, 2,048 multiply-adds');
    expect(await page.textContent('.plan')).toContain('h = tanh(W_h x + U_h h₋ + b_h)');
    expect(await page.textContent('.loops')).toContain('one kernel:');
  });

  test('a cell of the catalogue can be taken, cells added and removed', async () => {
    await page.click('#add');
    await page.locator('.catalogue').nth(2).selectOption({ label: 'lstm' });
    expect(await page.locator('.name').nth(2).inputValue()).toBe('lstm');
    expect(await page.locator('.error').nth(2).textContent()).toBe('');
    for (const _ of [0, 1]) await page.locator('.remove').first().click();
    expect(await page.locator('.cell').count()).toBe(1);
    expect(await page.locator('.remove').isDisabled()).toBe(true);
  });

  test('a file of the visitor, a sentence inside the cells, and a saved model', async () => {
    await page.selectOption('#task', 'file');
    await page.setInputFiles('#file', file);
    await train();
    await set('text', 'what a day');
    await page.click('#look');
    await page.waitForFunction(() =>
      document.querySelector('#looks svg')?.textContent?.includes('what, unit 1'),
    );
    expect(await page.locator('#looks h3').allTextContents()).toEqual(['GRU: good', 'SRU: good']);
    expect(await page.textContent('#gradient-legend')).toMatch(
      /GRU: the state after the first step matters [\d.e+-]+ times/,
    );
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#table button')]);
    expect(download.suggestedFilename()).toBe('GRU.zip');
    expect(Object.keys(unzipSync(readFileSync(await download.path())))).toEqual(
      expect.arrayContaining(['model.json', 'settings.json', 'vocabulary.json']),
    );
  });

  test.each(['adding', 'copying'])('the task %s on the cpu device', async (task) => {
    await open(fragmentOf({ ...settings, task: task as 'adding' }));
    await train();
    expect(await page.locator('#loss path').getAttribute('d')).toMatch(/^M.*L/);
  });

  test('Cancel stops at once, and a new run starts', async () => {
    await open(fragmentOf({ ...settings, epochs: 100 }));
    await page.click('#train');
    await page.waitForFunction(() => document.querySelector('#message')?.textContent?.startsWith('Epoch'));
    const start = Date.now();
    await page.click('#cancel');
    await page.waitForFunction(() =>
      document.querySelector('#message')?.textContent?.startsWith('Cancelled'),
    );
    expect(Date.now() - start).toBeLessThan(3000);
    expect(await page.isEnabled('#train')).toBe(true);
  });

  test('a missing device is explained', async () => {
    await page.selectOption('#device', 'webgpu');
    await page.click('#train');
    await page.waitForSelector('#message.error');
    expect(await message()).toMatch(
      /^WebGPU does not start here: .* Choose another device, such as WebAssembly/,
    );
    problems = [];
  });

  test('results say when they are of other settings, a mistake has no counts, and names are told apart', async () => {
    await open(fragmentOf({ ...settings, epochs: 1, cells: [settings.cells[0], settings.cells[0]] }));
    await train();
    expect(await page.locator('#table tbody th').allInnerTexts()).toEqual(['mine', 'mine 2']);
    expect(await page.isVisible('#stale')).toBe(false);
    await page.locator('.equations').first().fill('hello');
    await page.waitForFunction(() => document.querySelector('.error')?.textContent !== '');
    expect(await page.isVisible('#stale')).toBe(true);
    expect(await page.locator('.facts').first().textContent()).toBe('');
  });

  test('a link carries cells and settings; a damaged one is explained', async () => {
    await open(fragmentOf(settings));
    expect(await page.inputValue('.equations')).toBe(settings.cells[0].equations);
    expect(await page.inputValue('#units')).toBe('8');
    await page.click('#link');
    expect(settingsOf(new URL(page.url()).hash.slice(1))).toEqual(settings);
    await open('no-link');
    expect(await message()).toMatch(/^The link is damaged/);
    await open(fragmentOf({ ...settings, units: 100_000 }));
    expect(await message()).toMatch(/^The link has a wrong units/);
    expect(await page.locator('.cell').count()).toBe(2);
  });

  test('offline after the first visit', async () => {
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.waitForFunction(async () => (await (await caches.open('sluice-explore')).keys()).length > 5);
    await page.reload();
    await train('#train');
    await page.context().setOffline(true);
    await page.reload();
    expect(await page.locator('.cell .katex').count()).toBe(2);
    await page.click('#train');
    await page.waitForFunction(() => document.querySelector('#message')?.textContent?.startsWith('Epoch'));
    problems = [];
  });

  test.each([
    ['light', 1100],
    ['dark', 360],
  ] as const)(
    '%s, %d pixels wide: no barriers, nothing wider than the screen',
    async (colorScheme, width) => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      await page.click('summary:has-text("Sizes")');
      await set('epochs', '1');
      await train();
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() =>
        (
          window as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          }
        ).axe.run(),
      );
      expect(violations.map(({ id, nodes }) => [id, nodes[0].html])).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    },
  );

  test('the keyboard alone trains', async () => {
    await page.click('summary:has-text("Sizes")');
    await set('epochs', '1');
    await page.focus('#start');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#looks article', { timeout: 60_000 });
  });
});

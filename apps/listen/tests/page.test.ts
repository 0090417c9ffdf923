import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dense, network } from '@sluice/core/network';
import { compileStream } from '@sluice/stream';
import { writeStreamModule } from '@sluice/stream/compile';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve, startChromium } from '../../../scripts/browser/open-page.mjs';

const built = fileURLToPath(new URL('../dist/page/', import.meta.url));
const sentence = fileURLToPath(new URL('./fixtures/sentence.wav', import.meta.url));
/** A network of `sluice compile`: how loud a frame of 160 samples is. */
const loudness = network({
  name: 'loudness',
  inputSize: 160,
  build: (x, use) => use('out', dense({ units: 1, activation: 'sigmoid' }), x),
});
const compiled = compileStream(loudness, { 'out.kernel': new Float32Array(160), 'out.bias': [1] });
const file = {
  name: 'gate.wasm',
  mimeType: 'application/wasm',
  buffer: Buffer.from(writeStreamModule(compiled).wasm),
};
/** The microphone hears a file, again and again. */
const flags = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  `--use-file-for-fake-audio-capture=${sentence}`,
];

let browser: Browser;
let site: Awaited<ReturnType<typeof serve>>;
let page: Page;
const problems: string[] = [];
beforeAll(async () => {
  if (!existsSync(built))
    throw new Error('The page is not built; run its build (build:page) before its tests.');
  site = await serve({ folders: { '/some/folder/': built } });
  browser = await startChromium(flags);
  page = await open(browser);
});
afterAll(async () => {
  await browser?.close();
  site?.close();
});

async function open(where: Browser): Promise<Page> {
  const opened = await where.newPage({ viewport: { width: 1000, height: 1100 } });
  opened.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  opened.on('pageerror', ({ message }) => problems.push(message));
  await opened.goto(`${site.address}/some/folder/`);
  return opened;
}

const textOf = (selector: string) => page.textContent(selector);
const waitForText = (selector: string, pattern: string) =>
  page.waitForFunction(
    ([where, expected]) => new RegExp(expected).test(document.querySelector(where)?.textContent ?? ''),
    [selector, pattern] as const,
    { timeout: 20_000 },
  );

/** Whether pictures have something drawn on them. */
const drawn = () =>
  page.$$eval('canvas', (canvases) =>
    canvases.map((canvas) => {
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return data.some((value) => value !== 0);
    }),
  );

describe('the page', () => {
  test('hears speech and silence from the microphone, draws them, and stops, by the keyboard alone', async () => {
    await page.focus('#microphone');
    await page.keyboard.press('Enter');
    await waitForText('#answer', 'speech');
    await waitForText('#answer', 'silence');
    await waitForText('#load', '\\d %');
    expect(Number(await textOf('#frames'))).toBeGreaterThan(30);
    expect(await drawn()).toEqual([true, true, true]);
    await page.focus('#stop');
    await page.keyboard.press('Enter');
    await waitForText('#message', 'Stopped');
    expect(await page.isDisabled('#stop')).toBe(true);
  });

  test('plays a sound file to its end', async () => {
    await page.setInputFiles('#sound', sentence);
    await waitForText('#message', 'Playing sentence.wav');
    await waitForText('#answer', 'speech');
    await waitForText('#message', 'has come to its end');
  });

  test('says so when a file has no sound', async () => {
    await page.setInputFiles('#sound', {
      name: 'notes.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('no sound'),
    });
    await waitForText('#message', "finds no sound in 'notes.txt'");
  });

  test('takes another network from a file, and keeps the one before when there is none in it', async () => {
    await page.click('summary');
    await page.fill('#samples', '160');
    await page.fill('#context', '0');
    await page.setInputFiles('#model', { name: 'bad.onnx', mimeType: '', buffer: Buffer.from('no network') });
    await page.waitForSelector('#message.error');
    await page.setInputFiles('#model', file);
    await waitForText('#message', 'gate.wasm is ready');
    await page.setInputFiles('#sound', sentence);
    await waitForText('#frames', '\\d');
    expect(await page.isVisible('#gates')).toBe(false);
    await page.click('#stop');
  });

  test('has no accessibility problem and nothing too wide: light and dark, desktop and phone', async () => {
    await page.evaluate(axe.source);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [1000, 375]) {
        await page.setViewportSize({ width, height: 900 });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(overflow).toBeLessThanOrEqual(0);
        const { violations } = (await page.evaluate('axe.run()')) as axe.AxeResults;
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      }
    }
  });

  test('works without a network after the first visit', async () => {
    await page.waitForFunction(
      async () => (await caches.keys()).length > 0 && navigator.serviceWorker.controller,
    );
    await page.waitForFunction(async () =>
      (await (await caches.open('sluice-listen')).keys()).some(({ url }) => url.includes('processor')),
    );
    await page.context().setOffline(true);
    await page.reload();
    await page.setInputFiles('#sound', sentence);
    await waitForText('#answer', 'speech');
    await page.context().setOffline(false);
  });

  test('complained about nothing', () => {
    expect(problems.filter((text) => !/ERR_INTERNET_DISCONNECTED/.test(text))).toEqual([]);
  });
});

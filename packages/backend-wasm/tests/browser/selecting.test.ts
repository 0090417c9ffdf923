import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isolation, startChromium } from '../../../../scripts/browser/open-page.mjs';
import { type Browser, resultOfPage, strictPolicy } from './pages.js';

const tensorflowFiles = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser?.close());

describe('selectBackend goes on with cpu', () => {
  const page = { script: 'selecting-page.ts', folders: { '/tfjs/': tensorflowFiles } };

  test('in an isolated page that refuses TensorFlow.js its workers, where wasm would never start', async () => {
    expect(await resultOfPage(browser, { ...page, policy: strictPolicy, headers: isolation })).toMatchObject({
      engine: 'wasm',
      selected: {
        backend: 'cpu',
        kernels: true,
        refused: [{ backend: 'wasm', reason: expect.stringMatching(/took longer than 1\.5 s.*blob:/) }],
      },
      numbers: 2,
      current: 'cpu',
    });
  });

  test('in a page that may not compile WebAssembly, and says what would allow it', async () => {
    const policy = "default-src 'none'; script-src 'self'; connect-src 'self'";
    const remedy = /'wasm-unsafe-eval' to its script-src, or use @sluice\/backend-cpu .*\/engine/;
    const result = await resultOfPage(browser, { ...page, policy });
    expect(result).toMatchObject({
      engine: expect.stringMatching(remedy),
      selected: { backend: 'cpu', refused: [{ backend: 'wasm' }] },
      numbers: 2,
      current: 'cpu',
    });
    expect((result as { warnings: string[] }).warnings.join()).toMatch(remedy);
  });
});

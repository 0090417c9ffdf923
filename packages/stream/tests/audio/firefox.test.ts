import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { findFirefox, startFirefox } from '../../../../scripts/browser/firefox.mjs';
import { serve } from '../../../../scripts/browser/open-page.mjs';
import { testTier } from '../../../../scripts/tier.mjs';
import { outputsOf, SOUND_LENGTH } from './network.js';
import type { PageResult } from './page.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Marionette evaluates its scripts in the page, so the policy is less strict than in Chromium's test. */
const policy = "default-src 'none'; script-src 'self' 'unsafe-eval'; connect-src 'self'";

const firefox = testTier() === 'full' ? findFirefox() : undefined;
const reason = testTier() === 'full' ? 'no Firefox is installed' : "SLUICE_TESTS is not 'full'";
if (firefox === undefined) console.warn(`skipped: SluiceNode in Firefox, because ${reason}`);

/** What the page of the Chromium test returns, without a microphone. */
async function runPage(command: string): Promise<PageResult> {
  const script = here('page.ts');
  const { outputFiles } = await build({ entryPoints: [script], bundle: true, format: 'esm', write: false });
  const site = await serve({
    folders: { '/dist/': here('../../dist/') },
    files: {
      '/index.html': '<!doctype html><script type="module" src="/page.js"></script>',
      '/page.js': outputFiles[0]!.text,
    },
    headers: { 'Content-Security-Policy': policy },
  });
  const browser = await startFirefox(command);
  try {
    return (await browser.resultOf(`${site.address}/?offline`)) as PageResult;
  } finally {
    await browser.close();
    site.close();
  }
}

describe.skipIf(firefox === undefined)('SluiceNode in Firefox', () => {
  test('has the numbers of stream.process in Node', async () => {
    const page = await runPage(firefox as string);
    for (const name of ['silero', 'compiled', 'file'] as const) {
      expect(page[name].errors).toEqual([]);
      expect(page[name].results.map(({ values }) => values)).toEqual(outputsOf(576, 2, 512, 64));
    }
    const { results } = page.overlapping;
    expect(results.map(({ values }) => values)).toEqual(outputsOf(400, 3, 160, 0));
    const expected = [...new Array(288).fill(0), ...outputsOf(320, 160, 160, 0).flat()];
    expect(page.audio.output).toEqual(expected.slice(0, SOUND_LENGTH));
    expect(page.silero.status).toMatchObject({ clock: 'date', skipped: 0, load: true });
    expect(page.refusals.place).toMatch(/did not load from \/nowhere\.js/);
  });
});

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as buildWithEsbuild, transform } from 'esbuild';
import { build as buildWithVite } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import webpack from 'webpack';
import { isolation, serve, startChromium } from '../scripts/browser/open-page.mjs';
import { blocksOf } from './readme-blocks.js';
import { root } from './workspace.js';

// The program and the pages of docs/guide/bundlers.md, built and opened under the policy of docs/guide/deployment.md.
const page = 'docs/guide/bundlers.md';
const [program] = blocksOf(page).filter(({ language }) => language === 'ts');
const importMapPage = blocksOf(page).find(({ text }) => text.includes('importmap'))!;

const packages = join(import.meta.dirname, 'node_modules');
const folder = mkdtempSync(join(import.meta.dirname, '.bundlers-'));
const entry = join(folder, 'main.js');
const output = (name: string) => join(folder, name);

/** The folders of a site that the page says to copy. */
const copies = {
  '/tfjs/': join(packages, '@tensorflow/tfjs-backend-wasm/dist'),
  '/dist/': join(packages, '@sluice/backend-wasm/dist'),
};

/** The policy of the guide; an inline import map needs its hash. */
function policy(...hashes: string[]): string {
  const [line] = readFileSync(join(root, 'docs/guide/deployment.md'), 'utf8').match(/default-src [^"]+/)!;
  return line.replace("'self'", ["'self'", ...hashes].join(' '));
}

let browser: Awaited<ReturnType<typeof startChromium>>;
beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(entry, (await transform(program!.text, { loader: 'ts' })).code);
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Serves the site and waits for the program's line on the console. */
async function expectTraining(site: Parameters<typeof serve>[0], hashes: string[] = []): Promise<void> {
  const headers = { ...isolation, 'Content-Security-Policy': policy(...hashes) };
  const { address, close } = await serve({ ...site, headers });
  const tab = await browser.newPage();
  try {
    const line = tab.waitForEvent('console', (message) => message.text().startsWith('trained'));
    const failure = tab.waitForEvent('pageerror', { timeout: 0 }).then((error) => Promise.reject(error));
    failure.catch(() => {});
    await tab.goto(`${address}/`);
    expect((await Promise.race([line, failure])).text()).toBe('trained on wasm: 2 epochs');
  } finally {
    await tab.close();
    close();
  }
}

const moduleTag = blocksOf(page).find(({ text }) => text.startsWith('<script type="module"'))!.text;
const siteOf = (built: string) => ({
  folders: { '/': built, ...copies },
  files: { '/index.html': `<!doctype html>${moduleTag}` },
});

test('Vite', async () => {
  const lib = { rollupOptions: { input: entry, output: { entryFileNames: 'main.js' } } };
  const build = { outDir: output('vite'), modulePreload: false, ...lib } as const;
  await buildWithVite({ root: folder, configFile: false, logLevel: 'error', build });
  await expectTraining(siteOf(output('vite')));
});

test('webpack', async () => {
  const [, config] = blocksOf(page).filter(({ language }) => language === 'js');
  const url = `data:text/javascript,${encodeURIComponent(config!.text)}`;
  const { default: options } = (await import(/* @vite-ignore */ url)) as { default: webpack.Configuration };
  await new Promise<void>((resolve, reject) => {
    // Minifying takes 15 s; tests/bundlers.test.ts does it on a smaller program.
    const quick = { optimization: { minimize: false }, performance: { hints: false as const } };
    const given = { ...options, ...quick, context: folder, output: { path: output('webpack') } };
    webpack(given, (error, stats) => {
      if (!error && !stats?.hasErrors() && !stats?.hasWarnings()) resolve();
      else reject(error ?? new Error(stats?.toString()));
    });
  });
  await expectTraining(siteOf(output('webpack')));
});

test('esbuild', async () => {
  const outfile = join(output('esbuild'), 'main.js');
  await buildWithEsbuild({ entryPoints: [entry], bundle: true, minify: true, format: 'esm', outfile });
  await expectTraining(siteOf(output('esbuild')));
});

test('no bundler, with the import map of the page', async () => {
  const map = importMapPage.text.match(/<script type="importmap">(.*?)<\/script>/s)![1]!;
  const hash = `'sha256-${createHash('sha256').update(map).digest('base64')}'`;
  const formats = join(root, 'packages/formats/node_modules/fflate');
  const site = {
    folders: { '/': folder, '/npm/': packages, '/npm/fflate/': formats, ...copies },
    files: { '/index.html': importMapPage.text, '/empty.js': 'export default {};' },
  };
  await expectTraining(site, [hash]);
});

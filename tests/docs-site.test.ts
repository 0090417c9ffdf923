import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sidebar } from '../docs/.vitepress/config.js';
import { serve, startChromium } from '../scripts/browser/open-page.mjs';
import { buildSite, siteFolder } from '../scripts/docs.mjs';
import { filesBelow, root, workspacePackages } from './workspace.js';

/** Any server of plain files can host the site. */
let server: Awaited<ReturnType<typeof serve>>;
// The build fails when a page links to one that does not exist.
beforeAll(async () => {
  await buildSite();
  server = await serve({ folders: { '/': siteFolder } });
}, 120_000);
afterAll(() => server?.close());

test('the sidebar names every page of the site', () => {
  const links = sidebar.flatMap(({ items }) => items.map(({ link }) => link));
  const pages = filesBelow('docs/guide', ['.md']).map(
    (path) => `/${relative(join(root, 'docs'), path).replace(/\.md$/, '')}`,
  );
  expect(links).toEqual(expect.arrayContaining(pages));
});

test('the figures of the page on speed are those of the READMEs', () => {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const rows = read('docs/guide/speed.md').match(/^\| .*\d.*\|$/gm)!;
  const readmes = workspacePackages.map(({ folder }) => join(folder, 'README.md'));
  const known = readmes.filter((path) => existsSync(join(root, path))).map(read);
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((row) => !known.some((readme) => readme.includes(row)))).toEqual([]);
});

test('every link to a heading leads to one, as the site names it', () => {
  const folder = join(siteFolder, 'guide');
  const pages = new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.html'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
  const links = [...pages].flatMap(([name, text]) =>
    [...text.matchAll(/href="(?:\/guide\/)?([\w-]+\.html)?#([^"]+)"/g)].map(
      ([, file = name, id]) => [file, decodeURIComponent(id!)] as const,
    ),
  );
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter(([file, id]) => !pages.get(file)?.includes(` id="${id}"`))).toEqual([]);
});

test('every subpath of every package is in the reference', () => {
  const modules = readdirSync(join(siteFolder, 'api/modules'));
  for (const name of ['core', 'core_equations', 'layers', 'stream_onnx', 'backend-wasm_engine']) {
    expect(modules).toContain(`_sluice_${name}.html`);
  }
});

test('search finds a page without a server, and nothing is loaded from elsewhere', async () => {
  const browser = await startChromium();
  try {
    const page = await browser.newPage();
    const { address } = server;
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(address)) elsewhere.push(request.url());
    });
    await page.goto(`${address}/guide/start.html`);
    // A key that is pressed before the page's scripts run is lost.
    await expect
      .poll(async () => {
        await page.keyboard.press('Control+k');
        return page.getByRole('searchbox').count();
      })
      .toBe(1);
    await page.getByRole('searchbox').fill('vanish');
    const found = page.getByRole('option').first();
    await found.waitFor();
    expect(await found.textContent()).toContain('Looking inside');
    await found.click();
    await page.waitForURL(/looking-inside/);
    expect(elsewhere).toEqual([]);
  } finally {
    await browser.close();
  }
});

// node scripts/readme.mjs: makes the table of results in README.md and the picture of the page beside it from the newest file
// in results. The command and the page must be built.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isolation, serve, startChromium } from '../../../scripts/browser/open-page.mjs';
import { markdownTable } from '../dist/report/markdown.js';
import { readRun } from '../dist/results-file.js';

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const newest = readdirSync(join(bench, 'results'))
  .filter((name) => name.endsWith('.json'))
  .sort()
  .at(-1);
if (!newest) throw new Error('there is no file in results; record one with node scripts/record.mjs');
const file = join(bench, 'results', newest);

const readme = join(bench, 'README.md');
const [before, , after] = readFileSync(readme, 'utf8').split(
  /(?<=<!-- results -->\n)|(?=<!-- \/results -->)/,
);
writeFileSync(readme, `${before}\n${markdownTable(readRun(readFileSync(file, 'utf8')))}\n\n${after}`);

const site = await serve({ folders: { '/': join(bench, 'dist', 'page') }, headers: isolation });
const browser = await startChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1120, height: 1000 } });
  await page.goto(`${site.address}/`);
  await page.setInputFiles('#open', file);
  await page.waitForSelector('table.results');
  await page.screenshot({ path: join(bench, 'results', 'page.png') });
} finally {
  await browser.close();
  site.close();
}

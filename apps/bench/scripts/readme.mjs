// node scripts/readme.mjs: makes from the newest file in results the table of README.md, the picture of the page beside it, and
// docs/guide/speed.svg. The command and the page must be built.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isolation, serve, startChromium } from '../../../scripts/browser/open-page.mjs';
import { barChart } from '../dist/report/bars.js';
import { markdownTable } from '../dist/report/markdown.js';
import { readRun, writeRun } from '../dist/report/results-file.js';

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const newest = readdirSync(join(bench, 'results'))
  .filter((name) => name.endsWith('.json'))
  .sort()
  .at(-1);
if (!newest) throw new Error('there is no file in results; record one with node scripts/record.mjs');
const file = join(bench, 'results', newest);

const readme = join(bench, 'README.md');
const run = readRun(readFileSync(file, 'utf8'));
const place = /(<!-- results -->\n).*(<!-- \/results -->\n)/s;
const text = readFileSync(readme, 'utf8');
if (!place.test(text))
  throw new Error(`${readme} has no place for the table: <!-- results -->, <!-- /results -->`);
writeFileSync(
  readme,
  text.replace(place, (_, before, after) => `${before}\n${markdownTable(run)}\n\n${after}`),
);
writeFileSync(join(bench, '../../docs/guide/speed.svg'), barChart(run));

const site = await serve({ folders: { '/': join(bench, 'dist', 'page') }, headers: isolation });
const browser = await startChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1120, height: 1000 } });
  await page.goto(`${site.address}/`);
  // Of one cell, so that a table is in the picture too.
  const reports = run.reports.filter(({ task }) => task.cell === 'gru');
  const buffer = Buffer.from(writeRun({ ...run, reports }));
  await page.setInputFiles('#open', { name: newest, mimeType: 'application/json', buffer });
  await page.waitForSelector('table.results');
  await page.screenshot({ path: join(bench, 'results', 'page.png') });
} finally {
  await browser.close();
  site.close();
}

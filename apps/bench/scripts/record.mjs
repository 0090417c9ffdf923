// node scripts/record.mjs [QUERY]: measures in the page, in Chromium, what the query of its address says, and keeps the
// file that the page offers as results/DATE.json. The page must be built.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isolation, serve, startChromium } from '../../../scripts/browser/open-page.mjs';

// On the devices that the page chooses for the machine.
const QUERY = 'workloads=forward,gradient,train,step&cells=gru,lstm,sru&shapes=typical';
const [query = QUERY] = process.argv.slice(2);
const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const site = await serve({ folders: { '/': join(bench, 'dist', 'page') }, headers: isolation });
const browser = await startChromium();
try {
  const page = await browser.newPage();
  await page.goto(`${site.address}/?${query}`);
  await page.click('#measure');
  await page.waitForSelector('#measure', { timeout: 3_600_000 });
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('#download-json')]);
  const path = join(bench, 'results', `${new Date().toISOString().slice(0, 10)}.json`);
  await file.saveAs(path);
  console.log(path);
} finally {
  await browser.close();
  site.close();
}

// node scripts/picture.mjs: makes docs/guide/listen.jpg: the built page while it hears the tests' sentence from the microphone.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve, startChromium } from '../../../scripts/browser/open-page.mjs';

const app = join(dirname(fileURLToPath(import.meta.url)), '..');
const site = await serve({ folders: { '/': join(app, 'dist/page/') } });
const browser = await startChromium([
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  `--use-file-for-fake-audio-capture=${join(app, 'tests/fixtures/sentence.wav')}`,
]);
try {
  const page = await browser.newPage({ viewport: { width: 760, height: 900 } });
  await page.goto(`${site.address}/`);
  await page.click('#microphone');
  await page.waitForTimeout(9000);
  const clip = { x: 115, y: 312, width: 530, height: 500 };
  await page.screenshot({ path: join(app, '../../docs/guide/listen.jpg'), type: 'jpeg', quality: 60, clip });
} finally {
  await browser.close();
  site.close();
}

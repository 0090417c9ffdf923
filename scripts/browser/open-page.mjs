import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import { findChromium } from './find-chromium.mjs';
import { SOFTWARE_FLAGS } from './software-vulkan.mjs';

const types = /** @type {Record<string, string>} */ ({
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
});

export { isolation } from './isolation.mjs';

/**
 * Serves files to this machine only.
 *
 * @param {object} site
 * @param {Record<string, string>} site.folders folders by the path at which they are served, `/` or `/some/path/`; the longest
 *   matching path wins
 * @param {Record<string, string | Uint8Array>} [site.files] contents by path, which take precedence over folders
 * @param {Record<string, string>} [site.headers] sent with every response
 * @returns {Promise<{ address: string, close: () => void }>} the address has no slash at its end
 */
export async function serve({ folders, files = {}, headers = {} }) {
  const prefixes = Object.keys(folders).sort((a, b) => b.length - a.length);
  const contentsOf = async (/** @type {string} */ path) => {
    if (path in files) return files[path];
    const prefix = prefixes.find((candidate) => path.startsWith(candidate));
    // URL has removed every `..`, and escapes are not decoded, so the path stays in the folder.
    return readFile(
      join(/** @type {string} */ (folders[prefix ?? '']), normalize(path.slice(prefix?.length))),
    );
  };
  const server = createServer(async ({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    try {
      const contents = await contentsOf(path);
      const type = types[extname(path)] ?? 'application/octet-stream';
      response
        .writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store', ...headers })
        .end(contents);
    } catch {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end(`no ${path}`);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    address: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Flags for WebGPU on Chromium's software GPU, the same on every machine. */
export const softwareWebGPU = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  ...SOFTWARE_FLAGS.map((flag) => `--${flag}`),
];

/** Flags for WebGL on the processor, the same on every machine. */
export const softwareWebGL = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader'];

/**
 * Starts the browser that `npm test` has found, without a window.
 *
 * @param {readonly string[]} [flags] more command line flags
 * @throws Error if no browser is found
 */
export async function startChromium(flags = []) {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new Error(
      'no Chromium was found: run `npm test`, which gets one, or set SLUICE_CHROMIUM to the path of one.',
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...flags,
    ],
  });
}

/**
 * Opens a page and waits for the promise that its script sets as `globalThis.result`.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} address
 * @param {number} [seconds] the time limit
 * @returns {Promise<any>}
 * @throws Error with the page's errors and warnings if there is no promise, or if it is rejected or takes too long
 */
export async function resultOf(browser, address, seconds = 40) {
  const page = await browser.newPage();
  /** @type {string[]} */
  const problems = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('response', (response) => {
    if (!response.ok()) problems.push(`${response.url()}: ${response.status()}`);
  });
  try {
    return await withTimeout(seconds, async () => {
      await page.goto(address, { waitUntil: 'load' });
      return page.evaluate(() => {
        const { result } = /** @type {{ result?: Promise<unknown> }} */ (globalThis);
        if (!result) throw new Error('the page’s script has not set globalThis.result');
        return result;
      });
    });
  } catch (error) {
    throw new Error([/** @type {Error} */ (error).message, ...problems].join('\n'), { cause: error });
  } finally {
    await page.close();
  }
}

/**
 * @template Result
 * @param {number} seconds
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
function withTimeout(seconds, work) {
  return new Promise((resolve, reject) => {
    const expire = () => reject(new Error(`the page has given no result within ${seconds} seconds`));
    const timer = setTimeout(expire, 1000 * seconds);
    work()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

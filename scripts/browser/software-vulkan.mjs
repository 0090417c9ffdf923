import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findChromium } from './find-chromium.mjs';

/** The manifest of SwiftShader, Chromium's Vulkan driver for machines without a GPU. */
const MANIFEST = 'vk_swiftshader_icd.json';

/**
 * Flags of Dawn, Chromium's WebGPU, for its software GPU: no clearing of workgroup memory and no bounds checks. Both make
 * compilation several times slower, and hide kernels that depend on them.
 */
export const SOFTWARE_FLAGS = ['enable-dawn-features=disable_workgroup_init,disable_robustness'];

/**
 * The environment variables with which a program on Linux finds Chromium's software GPU and the Vulkan loader beside it.
 * The dynamic linker reads them when a program starts, so a running program cannot set them for itself.
 *
 * @param {object} [where]
 * @param {string | undefined} [where.browser] a Chromium or Chrome; default: the browser of the tests
 * @param {string} [where.platform] as Node's `process.platform`; systems other than Linux need no variables
 * @param {string | undefined} [where.libraries] the LD_LIBRARY_PATH to extend; default: this process's
 * @returns {Record<string, string>}
 * @throws Error with the searched folders if there is no software GPU
 */
export function softwareVulkan({
  browser,
  platform = process.platform,
  libraries = process.env.LD_LIBRARY_PATH,
} = {}) {
  if (platform !== 'linux') return {};
  const program = browser ?? findChromium();
  if (!program) {
    throw new Error(
      'the software GPU comes with Chromium, and none was found: ' +
        'run `npm test`, which gets one, or set SLUICE_CHROMIUM to the path of one.',
    );
  }
  const folders = listFolders(program);
  const folder = folders.find((candidate) => existsSync(join(candidate, MANIFEST)));
  if (!folder) {
    throw new Error(
      `there is no ${MANIFEST} with ${program} (looked in ${folders.join(', ')}): ` +
        'set SLUICE_CHROMIUM to a Chromium or Chrome for Linux that brings the software GPU SwiftShader.',
    );
  }
  return {
    VK_DRIVER_FILES: join(folder, MANIFEST),
    LD_LIBRARY_PATH: [libraries, folder].filter(Boolean).join(':'),
  };
}

/**
 * The folders that may hold a browser's files: its own and, for a script in `bin` as on Debian, those in `lib`.
 *
 * @param {string} browser
 */
function listFolders(browser) {
  const beside = dirname(realpathSync(browser));
  const library = join(dirname(beside), 'lib');
  return [beside, join(library, 'chromium'), join(library, 'chromium-browser')];
}

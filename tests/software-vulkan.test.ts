import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { softwareVulkan } from '../scripts/browser/software-vulkan.mjs';

let machine: string;
beforeAll(() => {
  machine = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-vulkan-')));
});
afterAll(() => rmSync(machine, { recursive: true, force: true }));

/** Makes an empty file of the machine, with its folders. */
function file(name: string): string {
  const path = join(machine, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  return path;
}

const linux = (browser: string, libraries = '') => softwareVulkan({ browser, platform: 'linux', libraries });

describe('the software GPU of a Chromium on Linux', () => {
  test('lies beside it', () => {
    const driver = file('playwright/chrome-linux/vk_swiftshader_icd.json');
    expect(linux(file('playwright/chrome-linux/headless_shell'))).toEqual({
      VK_DRIVER_FILES: driver,
      LD_LIBRARY_PATH: dirname(driver),
    });
  });

  test('lies beside what a link leads to', () => {
    const driver = file('opt/google/chrome/vk_swiftshader_icd.json');
    mkdirSync(join(machine, 'links'));
    const link = join(machine, 'links/google-chrome');
    symlinkSync(file('opt/google/chrome/google-chrome'), link);
    expect(linux(link).VK_DRIVER_FILES).toBe(driver);
  });

  test('lies in the library folder of a script, as on Debian', () => {
    const driver = file('usr/lib/chromium/vk_swiftshader_icd.json');
    expect(linux(file('usr/bin/chromium')).VK_DRIVER_FILES).toBe(driver);
  });

  test('is looked for by the dynamic linker after what it is told to look for first', () => {
    const driver = file('named/vk_swiftshader_icd.json');
    const { LD_LIBRARY_PATH } = linux(file('named/chrome'), '/first:/second');
    expect(LD_LIBRARY_PATH).toBe(`/first:/second:${dirname(driver)}`);
  });

  test('may be missing, and then it is said where it was looked for', () => {
    const browser = file('bare/bin/chrome');
    const looked = ['bare/bin', 'bare/lib/chromium', 'bare/lib/chromium-browser'];
    const places = looked.map((name) => join(machine, name)).join(', ');
    expect(() => linux(browser)).toThrow(
      `there is no vk_swiftshader_icd.json with ${browser} (looked in ${places}): set SLUICE_CHROMIUM`,
    );
  });
});

test('elsewhere a program has the GPU of the system', () => {
  expect(softwareVulkan({ browser: '/no/browser', platform: 'darwin' })).toEqual({});
});

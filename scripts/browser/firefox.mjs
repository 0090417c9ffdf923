import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** @returns {string | undefined} the command of an installed Firefox */
export const findFirefox = () =>
  ['firefox-esr', 'firefox'].find(
    (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0,
  );

const START_MS = 30_000;

/**
 * Starts Firefox without a window and with a profile of its own, and drives it by Marionette, its built-in protocol:
 * Playwright drives only a Firefox of its own, which must be downloaded.
 *
 * @param {string} command
 * @throws Error if it does not answer
 */
export async function startFirefox(command) {
  const profile = mkdtempSync(join(tmpdir(), 'firefox-'));
  const port = await freePort();
  writeFileSync(join(profile, 'user.js'), `user_pref('marionette.port', ${port});\n`);
  const child = spawn(command, ['--headless', '--marionette', '--no-remote', '--profile', profile], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const send = messages(await connected(port));
    const { capabilities } = await send('WebDriver:NewSession', {});
    await send('WebDriver:SetTimeouts', { script: 60_000 });
    return {
      version: String(capabilities.browserVersion),
      /** Opens a page and returns the result of the promise that its script sets as `globalThis.result`. */
      async resultOf(/** @type {string} */ address) {
        await send('WebDriver:Navigate', { url: address });
        const script = `const [done] = arguments;
          Promise.resolve(globalThis.result).then((result) => done({ result }), (error) => done({ error: String(error) }));`;
        const { value } = await send('WebDriver:ExecuteAsyncScript', { script });
        if (value?.result !== undefined) return value.result;
        throw new Error(`${address} has no result in Firefox: ${value?.error ?? 'no promise'}`);
      },
      async close() {
        await send('Marionette:Quit', { flags: ['eForceQuit'] }).catch(() => {});
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @returns {Promise<number>} */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/** @param {number} port */
async function connected(port) {
  const end = Date.now() + START_MS;
  while (Date.now() < end) {
    /** @type {import('node:net').Socket | undefined} */
    const socket = await new Promise((resolve) => {
      const attempt = connect(port, '127.0.0.1', () => resolve(attempt));
      attempt.once('error', () => resolve(undefined));
    });
    if (socket) return socket;
    await wait(100);
  }
  throw new Error(`Firefox did not open its port in ${START_MS / 1000} s.`);
}

/**
 * Marionette's messages: their length, a colon, and `[0, number, command, parameters]` or `[1, number, error, result]` as JSON.
 *
 * @param {import('node:net').Socket} socket
 * @returns {(command: string, parameters: object) => Promise<any>}
 */
function messages(socket) {
  /** @type {Map<number, (answer: { error: { message: string } | null, result: unknown }) => void>} */
  const waiting = new Map();
  let received = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (data) => {
    received = Buffer.concat([received, data]);
    for (;;) {
      const start = received.indexOf(':') + 1;
      const end = start + Number(received.subarray(0, Math.max(0, start - 1)));
      if (start === 0 || received.length < end) return;
      const message = JSON.parse(received.subarray(start, end).toString());
      received = received.subarray(end);
      // The first message is a greeting.
      if (!Array.isArray(message)) continue;
      const [, number, error, result] = message;
      waiting.get(number)?.({ error, result });
    }
  });
  let last = 0;
  return (command, parameters) =>
    new Promise((resolve, reject) => {
      const number = ++last;
      waiting.set(number, ({ error, result }) =>
        error ? reject(new Error(`${command}: ${error.message}`)) : resolve(result),
      );
      socket.once('close', () => reject(new Error(`${command}: Firefox has ended.`)));
      const text = JSON.stringify([0, number, command, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
}

import { fileURLToPath } from 'node:url';
import { preview } from 'vite';
import { expect, test } from 'vitest';

test('npm run bench:web serves the page cross-origin isolated', async () => {
  const configFile = fileURLToPath(new URL('../../vite.config.ts', import.meta.url));
  const server = await preview({ configFile, logLevel: 'error', preview: { port: 0, host: '127.0.0.1' } });
  try {
    const address = server.resolvedUrls?.local[0] ?? '';
    const answer = await fetch(address);
    expect(await answer.text()).toMatch(/<title>Sluice benchmark<\/title>/);
    expect(answer.headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin');
    expect(answer.headers.get('Cross-Origin-Embedder-Policy')).toBe('require-corp');
  } finally {
    await server.close();
  }
});

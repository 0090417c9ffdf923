import { laneOver } from '../lanes/lane-over.js';
import type { Answer, Lane } from '../lanes/messages.js';

/** A lane in a web worker. */
export function startWebLane(): Lane {
  const worker = new Worker(new URL('./lane-worker.ts', import.meta.url), { type: 'module' });
  const { lane, answered, ended } = laneOver({
    send: (request) => worker.postMessage(request),
    end: () => worker.terminate(),
  });
  worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => answered(data));
  worker.addEventListener('messageerror', () => ended('its answer cannot be read'));
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    ended(event.message || 'its worker could not be loaded');
  });
  return lane;
}

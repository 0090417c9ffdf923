import type { Request } from '../lanes/messages.js';
import { createAnswerer } from '../lanes/serve.js';
import { tellWhereFilesAre } from './library-files.js';

/** The thread of a lane in a browser. */
const answer = createAnswerer();
addEventListener('message', async ({ data }: MessageEvent<Request>) => {
  if ('backend' in data) await tellWhereFilesAre(data.backend);
  postMessage(await answer(data));
});

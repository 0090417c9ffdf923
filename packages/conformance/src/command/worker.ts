import { parentPort, workerData } from 'node:worker_threads';
import { listCases } from '../list-cases.js';
import { failureOf, messageOf, type Outcome } from '../outcome.js';
import { settingsOf, TestedInstance } from '../run-case.js';
import { loadBackend } from './load-backend.js';
import type { Answer, Request, WorkerTask } from './protocol.js';

/** The thread of a worker: loads the backend and runs the requested cases on one instance. */
if (!parentPort) throw new Error('worker.js runs in a worker thread; start it with sluice-conformance');
const port = parentPort;
const answer = (given: Answer) => port.postMessage(given);

const { file, selection, names, seed } = workerData as WorkerTask;
try {
  const given = { ...(await loadBackend(file)), ...selection, seed };
  const settings = settingsOf(given);
  const cases = new Map(listCases(selection, names).map((one) => [one.id, one]));
  const instance = new TestedInstance(given, settings);
  await instance.start();
  port.on('message', async (request: Request) => {
    if ('end' in request) {
      try {
        await instance.end();
        answer({ ended: true });
      } catch (error) {
        answer({ endFailure: messageOf(error) });
      }
      port.close();
      return;
    }
    const one = cases.get(request.run);
    let outcome: Outcome = 'passed';
    try {
      if (one === undefined) throw new Error('the worker has no such case');
      await instance.check(one);
    } catch (error) {
      outcome = failureOf(error);
    }
    answer({ id: request.run, outcome, worstErrors: instance.worstErrors.takeAll() });
  });
  const { name: backend, liveBuffers } = given;
  answer({ ready: { backend, tolerances: settings.tolerances, countsBuffers: liveBuffers !== undefined } });
} catch (error) {
  answer({ startFailure: messageOf(error) });
}

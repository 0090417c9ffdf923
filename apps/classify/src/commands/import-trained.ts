import { useBackend } from '../backend.js';
import { importTrained } from '../pytorch/import.js';
import { lockingFolders } from '../storage/folder-lock.js';
import { noticeTo, type Streams } from '../terminal/streams.js';
import { refuseFolderOfModel } from '../training/plan-run.js';
import { absolutePath, commandLine } from './options.js';

export interface ImportTrainedFlags {
  out: string;
}

/** Makes a model of the weights that PyTorch trained. @returns the exit status. */
export async function importTrainedFrom(
  folder: string,
  flags: ImportTrainedFlags,
  streams: Streams,
): Promise<number> {
  const out = absolutePath(flags.out) as string;
  return lockingFolders([out], noticeTo(streams), async () => {
    refuseFolderOfModel(out);
    await useBackend('cpu');
    const { epoch, difference } = await importTrained(folder, out);
    streams.output.write(
      `The model of epoch ${epoch} is in ${flags.out}. Its probabilities differ from PyTorch's by at most ${difference.toExponential(1)}.\n` +
        `Ask it: ${commandLine('predict', '--model', flags.out)} "some text"\n`,
    );
    return 0;
  });
}

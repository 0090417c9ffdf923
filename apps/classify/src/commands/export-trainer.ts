import { existsSync, readdirSync } from 'node:fs';
import { useBackend } from '../backend.js';
import { InputError } from '../failure.js';
import { buildModel } from '../model/build.js';
import { exportTrainer } from '../pytorch/export.js';
import { formatQuantity } from '../terminal/numbers.js';
import { noticeTo, type Streams } from '../terminal/streams.js';
import { planRun } from '../training/plan-run.js';
import { prepareData } from '../training/prepare.js';
import { commandLine, dataGiven, optionName, type SettingFlags, settingsGiven } from './options.js';

export interface ExportTrainerFlags extends SettingFlags {
  out: string;
}

/** Writes a folder with which PyTorch trains the model. @returns the exit status. */
export async function exportTrainerTo(flags: ExportTrainerFlags, streams: Streams): Promise<number> {
  const { out } = flags;
  if (existsSync(out) && readdirSync(out).length > 0) {
    throw new InputError(`${out}: the folder is not empty. Choose another one for --out.`);
  }
  const plan = planRun(
    { settings: settingsGiven(flags), data: dataGiven(flags), folder: null, resume: false },
    optionName,
  );
  const data = prepareData(plan.data, plan.settings, noticeTo(streams));
  await useBackend('cpu');
  const model = buildModel(plan.settings, data.vocabulary.size, data.classes.length);
  await exportTrainer(out, model, plan.settings, data);
  streams.output.write(
    `${formatQuantity(data.train.count, 'text')} to train on, ${formatQuantity(data.classes.length, 'class', 'classes')}, in ${out}.\n` +
      `Train on one process: python ${out}/train.py\n` +
      `on several:           torchrun --standalone --nproc-per-node=2 --max-restarts=3 ${out}/train.py\n` +
      `then bring it back:   ${commandLine('import-trained', out, '--out', 'model')}\n`,
  );
  return 0;
}

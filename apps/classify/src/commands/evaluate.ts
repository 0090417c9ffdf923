import { useBackend } from '../backend.js';
import { withKnownLabels } from '../data/classes.js';
import { defaultColumns, rowProblems } from '../data/example.js';
import { readExamples } from '../data/read-examples.js';
import { classReport } from '../report/tables.js';
import { loadModel } from '../storage/load-model.js';
import { formatPercent, formatQuantity } from '../terminal/numbers.js';
import { noticeTo, type Streams } from '../terminal/streams.js';
import { LabelledTexts } from '../text/encoded-texts.js';
import { tokensOf } from '../text/vocabulary.js';
import { evaluate as evaluateModel } from '../training/evaluate.js';
import { answersWithNaN } from '../training/history.js';
import type { ReadingFlags } from './options.js';

export interface EvaluateFlags extends ReadingFlags {
  model: string;
  data: string;
  backend?: string;
  import?: string;
}

/** Tests a saved model with labelled data. @returns the exit status. */
export async function evaluate(flags: EvaluateFlags, { output, error }: Streams): Promise<number> {
  const notice = noticeTo({ error });
  await useBackend(flags.backend ?? null, flags.import);
  const { model, settings, classes, vocabulary } = await loadModel(flags.model);
  const columns = {
    label: flags.labelColumn ?? defaultColumns.label,
    text: flags.textColumn ?? defaultColumns.text,
  };
  const skipBad = flags.skipBad ?? false;
  const problems = rowProblems(skipBad);
  const read = readExamples(flags.data, { columns, skipBad, notice });
  const examples = withKnownLabels(read, classes, flags.data, problems);
  if (problems.skipped > 0)
    notice(`${flags.data}: ${formatQuantity(problems.skipped, 'example')} with an unknown label left out.`);
  const tokens = examples.map(({ text }) => tokensOf(text, settings.unit, settings.length));
  const result = await evaluateModel(model, new LabelledTexts(examples, tokens, vocabulary, classes));
  if (!Number.isFinite(result.loss)) throw answersWithNaN(flags.model);
  output.write(
    `accuracy ${formatPercent(result.accuracy)}  loss ${result.loss.toFixed(4)}  ` +
      `${formatQuantity(result.examples, 'example')}\n\n${classReport(result, classes)}`,
  );
  return 0;
}

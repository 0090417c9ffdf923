/** What a recurrent node reads besides its sequence and weights: lengths and initial states. Notes tell where they come from. */
import { describeNode, type Folder, isStandard } from './fold.js';
import type { NodeProto } from './messages.js';
import type { Scope, Value } from './scope.js';

const SEQUENCE_LENGTHS = 4;
const STATES = [
  [5, 'initial hidden state'],
  [6, 'initial cell state'],
] as const;

/** Operations whose result is zero if their first input is. */
const KEEPS_ZERO = [
  'Expand',
  'Unsqueeze',
  'Squeeze',
  'Slice',
  'Reshape',
  'Transpose',
  'Identity',
  'Cast',
  'Tile',
];
const MAX_CHAIN = 100;

/** Notes on lengths and initial states that are not zeros: the layer starts from zeros unless its caller gives states. */
export function initialStateNotes(node: NodeProto, scope: Scope, path: string, folder: Folder): string[] {
  const notes: string[] = [];
  const lengths = node.input[SEQUENCE_LENGTHS];
  if (lengths)
    notes.push(`${path} takes the lengths of sequences from ${describeValue({ name: lengths, scope })}.`);
  for (const [input, label] of STATES) {
    const name = node.input[input];
    if (!name || isZero({ name, scope }, folder)) continue;
    notes.push(
      `${path} takes its ${label} from ${describeValue({ name, scope })}, which is no part of the layer.`,
    );
  }
  return notes;
}

/** Where a value comes from, seen through nodes that only cut or reshape it. */
function describeValue(value: Value): string {
  let { name, scope } = value;
  for (let i = 0; i < MAX_CHAIN; i++) {
    const found = scope.find(name);
    if (found.kind === 'input') return found.isModelInput ? `the input ${name}` : `${name} of its graph`;
    if (found.kind === 'array') return `the array ${name}`;
    if (found.kind === 'unknown') break;
    const { node } = found;
    const cuts = KEEPS_ZERO.includes(node.opType ?? '') || node.opType === 'Gather';
    if (!cuts || !node.input[0]) return describeNode(node);
    ({ scope } = found);
    [name] = node.input;
  }
  return name;
}

/** Whether a value is zero whatever its shape is, which may depend on the batch. */
function isZero(value: Value, folder: Folder): boolean {
  let { name, scope } = value;
  for (let i = 0; i < MAX_CHAIN; i++) {
    const constant = folder.tryEvaluate({ name, scope });
    if (constant) return constant.values.every((number) => number === 0);
    const found = scope.find(name);
    if (found.kind !== 'node' || !isStandard(found.node)) return false;
    const { node } = found;
    if (node.opType === 'ConstantOfShape')
      return !isOther(found.scope.attributesOf(node).get('value')?.t, folder);
    if (!KEEPS_ZERO.includes(node.opType ?? '') || !node.input[0]) return false;
    ({ scope } = found);
    [name] = node.input;
  }
  return false;
}

/** Whether a tensor of a ConstantOfShape, zero by default, is another number. */
const isOther = (tensor: Parameters<Folder['array']>[0] | undefined, folder: Folder): boolean =>
  tensor !== undefined && folder.array(tensor).values.some((number) => number !== 0);

import type { OperationName, Program } from '@sluice/core/backend';

/** An operation as it is written: a product and the sum or difference that alone needs it are one, `a b + c` or `c − a b`. */
export interface Step {
  readonly name: OperationName | 'multiplyAdd' | 'multiplySub';
  /** Numbers of values; of a joined operation, a, b and c. */
  readonly inputs: readonly number[];
  /** The number of the value that it gives. */
  readonly result: number;
}

/** The operations of a program in their order, products joined with what adds or subtracts them. */
export function stepsOf({ loads, constants, operations, stores }: Program): Step[] {
  const first = loads.length + constants.length;
  const uses = new Map<number, number>();
  const use = (value: number) => uses.set(value, (uses.get(value) ?? 0) + 1);
  for (const { inputs } of operations) inputs.forEach(use);
  for (const { value } of stores) use(value);
  const isJoinable = (value: number) => operations[value - first]?.name === 'mul' && uses.get(value) === 1;

  const joined = new Set<number>();
  const steps = operations.map(({ name, inputs }, i): Step => {
    const [a, b] = inputs;
    const result = first + i;
    const product = [b, a].find(isJoinable);
    // Of a difference only the second operand: the other way round there is no instruction for it.
    if (product === undefined || !(name === 'add' || (name === 'sub' && product === b))) {
      return { name, inputs, result };
    }
    joined.add(product);
    const factors = operations[product - first].inputs;
    const summand = product === b ? a : b;
    return { name: name === 'add' ? 'multiplyAdd' : 'multiplySub', inputs: [...factors, summand], result };
  });
  return steps.filter(({ result }) => !joined.has(result));
}

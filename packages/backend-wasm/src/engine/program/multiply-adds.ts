import type { OperationName, Program, RowAccess } from '@sluice/core/backend';

/**
 * An operation as the code writer sees it. A product whose only use is a sum or a difference is one operation with it:
 * `a b + c` or `c − a b`.
 */
export interface Step {
  readonly name: OperationName | 'multiplyAdd' | 'multiplySub';
  /** The numbers of the operands' values; a, b and c for a joined operation. */
  readonly inputs: readonly number[];
  /** The number of the result's value. */
  readonly result: number;
}

/** The operations of a program in order, with products joined to the sums and differences that use them. */
export function joinMultiplyAdds({ loads, constants, operations, stores }: Program<RowAccess>): Step[] {
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
    // Only the second operand of a difference: there is no instruction for `a b − c`.
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

/**
 * A time loop as a block of 32-bit integers in memory, which a thread interprets. It begins with a header:
 *
 * | integer | meaning |
 * |---|---|
 * | 0 | the number of integers of the block; behind it is space for a copy |
 * | 1, 2 | time steps, operations of a step |
 * | 3 | rows |
 * | 4, 5 | the address of all sums, their count |
 *
 * The operations follow. Each has its kind, its number of integers, its number of moves, the moves and the arguments. The
 * arguments are those of a product and whether it is added, of the kernel `runRows`, or of a program: address and length of
 * its code, the address of its sums, their count, where they are added after each step, the entries of its rows, the address
 * of its spare rows.
 *
 * Each step adds the distance of a move, in bytes, to the argument that the move names.
 */

export const HEADER = 4;
export const OPERATION = 3;
export const MOVE = 2;
export const PRODUCT = 0;
export const PROGRAM = 1;
export const ROW_OPERATION = 2;
export const PRODUCT_ARGUMENTS = 11;
/** The arguments of a program before its entries; one more is behind them. */
export const PROGRAM_ARGUMENTS = 5;

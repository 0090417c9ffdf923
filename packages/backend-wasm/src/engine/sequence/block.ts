/**
 * A time loop as a block of 32-bit integers in memory, which a thread interprets. It begins with a header:
 *
 * | integer | meaning |
 * |---|---|
 * | 0 | the number of integers of the block; behind it is space for a copy |
 * | 1, 2 | operations of a step, time steps |
 * | 3 | rows |
 * | 4, 5 | the address of all sums, their count |
 *
 * The operations follow. Each has its kind, its number of integers, its number of entries, the entries and the arguments. An entry
 * says where rows are: their address, the bytes from row to row, and those from step to step. Entries and arguments:
 *
 * | operation | entries | arguments |
 * |---|---|---|
 * | product, or one that is added | left, result | the panels of the right-hand side, depth, columns |
 * | row operation | operand, result | its number, width, parts |
 * | program | loads, stores | the address of the spare rows, address and length of its code, the address of its sums, their count, where they are added after each step |
 */

/** The integers of an entry. A program has such entries also outside of a loop. */
export const ENTRY = 3;
export const HEADER = 4;
export const OPERATION = 3;
export const PRODUCT = 0;
export const PROGRAM = 1;
export const ROW_OPERATION = 2;
export const ADDED_PRODUCT = 3;

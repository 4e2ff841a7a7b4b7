/**
 * Where a reader stands in a room's history.
 *
 * Offsets alone do not say it: after a room was cleared or restored its offsets start again at 1, and a
 * reader at 7 would take the new 8 for the one it waits for. The epoch names the history that the
 * offset belongs to.
 */
export type Position = { readonly epoch: string; readonly offset: number };

/** Erasing a user: what a room answers to each step, and what is told of the whole. */

/** One bounded step of a room. `cursor` goes into the next one; the first one's is empty. */
export type ErasureStep = {
  readonly done: boolean;
  readonly cursor: string;
  /** What this step has erased: messages; edits, deletions and reactions; memberships. */
  readonly messages: number;
  readonly changes: number;
  readonly memberships: number;
};

/** How far the erasure of a user has come. It holds no names, so it may stay. Times are ms since 1970. */
export type ErasureReport = {
  readonly userId: string;
  readonly done: boolean;
  /** How many rooms there are to go through, and what was erased in them so far. */
  readonly rooms: number;
  readonly messages: number;
  readonly changes: number;
  readonly memberships: number;
  /** Everything up to this moment is erased, and every token and session issued up to it. */
  readonly startedAt: number;
  readonly finishedAt?: number;
};

/**
 * Tells whether something of this time is erased with a user who is erased up to `before`. The two times
 * come from clocks of different machines, and what was said before must not stay because one was ahead.
 */
export function isErased(time: number, before: number): boolean {
  return before > 0 && time <= before + CLOCK_SKEW_MS;
}

const CLOCK_SKEW_MS = 5_000;

/** What a user's object answers to a trace. `before`: up to when the user was erased; 0 if never. */
export type TraceAnswer = { readonly isErased: boolean; readonly before: number };

import { Refusal } from "../protocol/refusal";
import { reconsider } from "./moderation";
import type { RoomParts } from "./parts";

/**
 * Does something that writes to several tables, whole or not at all. Each statement is kept by itself
 * otherwise: a ban of which only the audit entry was written would be answered as done when it is asked
 * for again.
 *
 * What memory knows of the tables is read anew after a failure, and everybody stands again where the
 * tables say. `act` must not wait for anything.
 */
export function atomically<Value>(room: RoomParts, now: number, act: () => Value): Value {
  try {
    return room.transact(act);
  } catch (cause) {
    room.store.reload();
    room.rules.reload();
    room.sanctions.reload();
    reconsider(room, now);
    throw cause;
  }
}

/** The same for something of several parts: where one of them is refused, none is done. */
export function wholly<Value>(room: RoomParts, now: number, act: () => Value | Refusal): Value | Refusal {
  try {
    return atomically(room, now, () => {
      const done = act();
      if (done instanceof Refusal) throw new Undone(done);
      return done;
    });
  } catch (error) {
    if (error instanceof Undone) return error.refusal;
    throw error;
  }
}

/** Carries a refusal out of a transaction that is rolled back for it. */
class Undone extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.refusal = refusal;
  }
}

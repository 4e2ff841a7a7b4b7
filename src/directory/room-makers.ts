import { take } from "../durable/gcra";
import type { Rate } from "../durable/setting-rules";
import type { Tables } from "./tables";

/**
 * How many rooms each address has made lately, exactly and durably: one row written for each room made.
 *
 * Addresses are hashes, and a row whose bucket is full again says nothing and goes.
 */
export class RoomMakers {
  readonly #tables: Tables;
  readonly #rate: Rate;

  constructor(tables: Tables, rate: Rate) {
    this.#tables = tables;
    this.#rate = rate;
  }

  /** Takes one; 0 if it was to be had, else after how many ms one is. A refusal writes nothing. */
  take(address: string, now: number): number {
    if (this.#rate === null) return 0;
    this.#tables.ensure();
    const { database } = this.#tables;
    const row = database.rows<{ tat: number }>("SELECT tat FROM makers WHERE address = ?", address)[0];
    const taken = take(row?.tat ?? 0, this.#rate, now);
    if ("retryAfterMs" in taken) return taken.retryAfterMs;
    database.run(
      "INSERT INTO makers (address, tat) VALUES (?, ?) ON CONFLICT (address) DO UPDATE SET tat = excluded.tat",
      address,
      taken.tat,
    );
    return 0;
  }

  /** Deletes what says nothing any more; true if something is left to clean later. */
  clean(now: number): boolean {
    if (!this.#tables.exist) return false;
    this.#tables.database.run("DELETE FROM makers WHERE tat <= ?", now);
    return this.#tables.database.rows("SELECT 1 FROM makers LIMIT 1").length > 0;
  }
}

import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** For `test.each`: everything that a room remembers is shown a second time across a hibernation. */
export const TWINS = ["", ", across hibernation"] as const;

/** Lets a room hibernate in the second of the twins. */
export async function nap(twin: (typeof TWINS)[number], room: string): Promise<void> {
  if (twin !== "") await hibernate(room);
}

export function hibernate(room: string): Promise<void> {
  return evictDurableObject(env.ROOM.getByName(room), { webSockets: "hibernate" });
}

/** Everything that a room has in its storage, as text; empty for a room that was never written. */
export function storageOf(room: string): Promise<string> {
  return runInDurableObject(env.ROOM.getByName(room), (_, state) => dump(state.storage.sql));
}

/** Everything in a database, as text. */
export function dump(sql: SqlStorage): string {
  const tables = sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'")
    .toArray();
  return tables
    .map(({ name }) => JSON.stringify([name, sql.exec(`SELECT * FROM "${name}"`).toArray()]))
    .join("\n");
}

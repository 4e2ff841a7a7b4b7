import { evictAllDurableObjects, listDurableObjectIds, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** All that an object keeps, for tests in workerd: what an attack must leave as it was. */

export type Tables = Readonly<Record<string, readonly unknown[]>>;

/** Every row of every table of a room, and who is connected. The rows hold its epoch, its log and its roster. */
export async function snapshotOf(room: string): Promise<{ tables: Tables; census: unknown }> {
  const stub = env.ROOM.getByName(room);
  return { tables: await tablesOf(stub), census: await stub.census({ kind: "system", by: "snapshot" }) };
}

/** Every row of every table of an object; no tables at all for one that was never written to. */
export function tablesOf<T extends Rpc.DurableObjectBranded>(stub: DurableObjectStub<T>): Promise<Tables> {
  return runInDurableObject(stub, (_object, { storage }) => {
    const names = storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .toArray()
      .map(({ name }) => name)
      .filter((name) => !name.startsWith("_cf_") && !name.startsWith("sqlite_"));
    return Object.fromEntries(
      names.map((name) => [name, storage.sql.exec(`SELECT * FROM "${name}"`).toArray()]),
    );
  });
}

/** How many objects of each kind have ever been woken here. */
export async function objectCounts(): Promise<Readonly<Record<string, number>>> {
  const namespaces = { ROOM: env.ROOM, USER: env.USER, DIRECTORY: env.DIRECTORY, KEYS: env.KEYS };
  const counts = Object.entries(namespaces).map(async ([name, namespace]) => {
    const ids = await listDurableObjectIds(namespace as unknown as DurableObjectNamespace);
    return [name, ids.length] as const;
  });
  return Object.fromEntries(await Promise.all(counts));
}

/** So many objects are read at once. */
const BATCH = 200;

/** The number of rows that all objects of a kind hold together. */
export async function rowsInAll<T extends Rpc.DurableObjectBranded>(
  namespace: DurableObjectNamespace<T>,
): Promise<number> {
  const ids = await listDurableObjectIds(namespace as unknown as DurableObjectNamespace);
  let rows = 0;
  for (let at = 0; at < ids.length; at += BATCH) {
    const batch = ids.slice(at, at + BATCH).map((id) => tablesOf(namespace.get(id)));
    for (const tables of await Promise.all(batch)) {
      rows += Object.values(tables).reduce((sum, each) => sum + each.length, 0);
    }
    // Every woken object keeps files open, and a process may have only so many.
    await evictAllDurableObjects();
  }
  return rows;
}

import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";

/** Waits until a room has told the users' objects who has written there: once for each, ever. */
export async function untilTold(room: string): Promise<void> {
  const untold = () =>
    runInDurableObject(env.ROOM.getByName(room), (_room, { storage }) => {
      return storage.sql.exec("SELECT userId FROM traces WHERE told = 0").toArray().length;
    });
  await vi.waitFor(async () => expect(await untold()).toBe(0), { timeout: 5_000 });
}

/** Waits until nobody is in a room any more and everything that its last ones left is written and told. */
export async function untilDeserted(room: string): Promise<void> {
  const census = () => env.ROOM.getByName(room).census({ kind: "system", by: "test" });
  await vi.waitFor(
    async () => expect(await census()).toMatchObject({ value: { connectionIds: [], userIds: [] } }),
    { timeout: 5_000 },
  );
  await untilTold(room);
}

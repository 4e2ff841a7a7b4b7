import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { Database } from "../../src/durable/database";
import type { MemberEntry } from "../../src/protocol/replies";
import { Audit, type AuditAction, auditPage } from "../../src/room/audit";
import { Store } from "../../src/room/store";
import { api } from "../support/api";
import { nap, TWINS } from "../support/twins";

const KEY = "rck_test_all";

/** UTF-16 puts the second before the first, bytes the other way round. */
const FULLWIDTH = "\u{ff21}x";
const EMOJI = "\u{1f600}y";

describe.each(TWINS)("a list of members%s", (twin) => {
  test("walked by pages of one skips nobody, whatever characters the ids are of", async () => {
    const room = `paging-members${twin}`;
    await put(room, FULLWIDTH, { role: "member" });
    await put(room, EMOJI, { role: "moderator" });
    await put(room, "z", { role: "member" });
    await nap(twin, room);
    expect(await walked(room)).toEqual(["z", FULLWIDTH, EMOJI]);
  });
});

describe.each(TWINS)("an audit log of twenty%s", (twin) => {
  const room = (name: string) => `audit-${name}${twin}`;

  test("keeps what moderators did, however often somebody joins and leaves", async () => {
    const name = room("flood");
    await noted(name, ["ban", "lock", "mute"]);
    await nap(twin, name);
    for (let count = 0; count < 50; count += 1) await noted(name, ["join", "leave"]);
    const actions = await logged(name);
    expect(actions.filter((action) => !isComing(action))).toEqual(["mute", "lock", "ban"]);
  });

  test("keeps the newest two joins and leaves, and the newest twenty of everything else", async () => {
    const name = room("both");
    await noted(name, ["join", ...Array<AuditAction>(25).fill("mute"), "leave", "join", "leave"]);
    await nap(twin, name);
    await noted(name, ["lock", "join"]);
    const actions = await logged(name);
    expect(actions.filter(isComing)).toEqual(["join", "leave"]);
    expect(actions.filter((action) => !isComing(action))).toEqual(["lock", ...Array(19).fill("mute")]);
  });

  test("writes one row for an entry while there is room", async () => {
    const name = room("rows");
    await noted(name, ["create"]);
    await nap(twin, name);
    expect(await noted(name, ["join", "mute"])).toBe(2);
  });
});

test("a large audit log keeps at most a tenth of joins and leaves, and trims them by the bunch", async () => {
  const name = "audit-large";
  await noted(name, ["create"], 1_000);
  const rows = await noted(name, Array<AuditAction>(300).fill("join"), 1_000);
  // One to write it, one to trim it.
  expect(rows).toBeLessThanOrEqual(2 * 300);
  const actions = await logged(name, 1_000);
  expect(actions.filter(isComing).length).toBeLessThanOrEqual(100);
  expect(actions.filter(isComing).length).toBeGreaterThan(90);
  expect(actions.at(-1)).toBe("create");
});

test("an audit log is read page by page across what was trimmed", async () => {
  const name = "audit-pages";
  await noted(name, ["create", ...Array<AuditAction>(10).fill("join"), "lock"]);
  const found: string[] = [];
  let before: number | undefined;
  for (let pages = 0; pages < 10; pages += 1) {
    const page = await within(name, 20, ({ audit }) =>
      auditPage({ audit, settings: { PAGE_LIMIT: 100 } }, { limit: 1, ...(before && { before }) }),
    );
    found.push(...page.items.map(({ action }) => action));
    if (page.next === null) break;
    before = page.next;
  }
  expect(found).toEqual(["lock", "join", "join", "create"]);
});

function isComing(action: string): boolean {
  return action === "join" || action === "leave";
}

async function put(room: string, userId: string, body: object): Promise<void> {
  const answer = await api(KEY, "PUT", `/api/rooms/${room}/members/${encodeURIComponent(userId)}`, body);
  expect(answer.status).toBe(200);
}

/** The ids of all pages of one, at most ten. */
async function walked(room: string): Promise<string[]> {
  const found: string[] = [];
  let after = "";
  for (let pages = 0; pages < 10; pages += 1) {
    const query = `limit=1&after=${encodeURIComponent(after)}`;
    const answer = await api(KEY, "GET", `/api/rooms/${room}/members?${query}`);
    const { items, next } = answer.body as { items: MemberEntry[]; next: string | null };
    found.push(...items.map(({ userId }) => userId));
    if (next === null) return found;
    after = next;
  }
  return found;
}

/** Notes these in the room's log, which may hold so many. Returns how many rows that wrote. */
function noted(name: string, actions: readonly AuditAction[], limit = 20): Promise<number> {
  return within(name, limit, ({ audit, database }) => {
    for (const action of actions) audit.note({ actor: "ann", action }, 1_795_000_000_000);
    return database.rowsWritten;
  });
}

/** The actions in the room's log, the newest first. */
function logged(name: string, limit = 20): Promise<string[]> {
  return within(name, limit, ({ audit }) => audit.page(undefined, 2_000).map(({ action }) => action));
}

function within<Result>(
  name: string,
  limit: number,
  act: (parts: { audit: Audit; database: Database }) => Result,
): Promise<Result> {
  return runInDurableObject(env.ROOM.getByName(name), (_room, { storage }) => {
    const database = new Database(storage.sql);
    return act({ audit: new Audit(new Store(database), limit), database });
  });
}

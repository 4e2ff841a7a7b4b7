import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { DIALECT_HEADER } from "../../src/dialects/dialect";
import { ADDRESS_HEADER } from "../../src/durable/address-header";
import { settingDefaults } from "../../src/durable/settings";
import { SUBPROTOCOL } from "../../src/protocol/frame";
import { TestMember } from "../support/test-member";

const ADDRESS_CONNECTIONS = Number(settingDefaults().get("ADDRESS_CONNECTIONS"));
/** As the edge tests are told: see `vitest.config.ts`. */
const WAITING_CONNECTIONS = 1_000;

/** How many of one address may wait for their logins. */
const SHARE = WAITING_CONNECTIONS / 10;

describe.each(["", ", across a hibernation"])("a socket that the room has closed%s", (twin) => {
  const evict = async (room: string) => {
    if (twin !== "") await evictDurableObject(env.ROOM.getByName(room), { webSockets: "hibernate" });
  };

  test("counts against its address until its client has answered", async () => {
    const room = `sockets unanswered${twin}`;
    const stub = env.ROOM.getByName(room);
    const unanswered: Knock[] = [];
    while (unanswered.length < ADDRESS_CONNECTIONS) {
      const batch = await knocks(room, "here", SHARE);
      const codes = await Promise.all(batch.map((each, index) => each.comeAndGo(`user ${index}`)));
      expect(new Set(codes)).toEqual(new Set([1000]));
      unanswered.push(...batch);
      await evict(room);
    }
    expect(await stub.counters()).toMatchObject({ connections: 0 });
    expect(await isRefused(room, "here")).toBe(true);
    expect(await isRefused(room, "elsewhere")).toBe(false);
    unanswered[0]?.answer();
    await until(async () => (await stub.counters()).events.close > 0);
    expect(await isRefused(room, "here")).toBe(false);
    expect(await isRefused(room, "here")).toBe(true);
    for (const each of unanswered.slice(1)) each.answer();
  });

  test("leaves no alarm behind, and lets the room hibernate", async () => {
    const room = `sockets idle${twin}`;
    const stub = env.ROOM.getByName(room);
    const quiet = await knock(room, "here");
    await quiet.comeAndGo("quiet");
    await runDurableObjectAlarm(stub);
    await evict(room);
    const { rowsWritten } = await stub.counters();
    expect(await runInDurableObject(stub, (_room, state) => state.storage.getAlarm())).toBeNull();
    expect(await stub.counters()).toMatchObject({ connections: 0, rowsWritten });
    quiet.answer();
  });
});

// Without a twin across a hibernation: while somebody waits, a timer is pending, and the room stays awake.
describe("sockets that wait for a login", () => {
  test("are at most a tenth of the places for one address, and any number of none", async () => {
    const room = `sockets share`;
    const waiting = await knocks(room, "here", SHARE);
    const nowhere = await knocks(room, "", SHARE);
    expect(await isRefused(room, "here")).toBe(true);
    for (const address of ["elsewhere", ""]) {
      expect(await isRefused(room, address)).toBe(false);
    }
    for (const each of [...waiting, ...nowhere]) each.answer();
  });

  test("give way, the oldest of the most first, when strangers hold all places", async () => {
    const room = `sockets full`;
    const waiting: Knock[] = [];
    for (let index = 0; index < WAITING_CONNECTIONS / SHARE; index += 1) {
      waiting.push(...(await knocks(room, `stranger ${index}`, SHARE)));
    }
    const late = await knock(room, "ann's");
    expect(await Promise.race(waiting.map((each) => each.ended()))).toBe(4003);
    expect(await env.ROOM.getByName(room).counters()).toMatchObject({ connections: WAITING_CONNECTIONS });
    for (const each of [...waiting, late]) each.answer();
  });
});

describe("frames before a login is answered", () => {
  test("that are too large together are refused with 1011, and the login goes on", async () => {
    const room = "sockets large";
    using ann = await TestMember.connect(room);
    const frames = Array.from({ length: 8 }, (_, index) => largePing(`l${index}`));
    // All in one turn, as they come when a login is checked slowly.
    await runInDurableObject(env.ROOM.getByName(room), (object, state) => {
      const [socket] = state.getWebSockets();
      for (const frame of ['{"seq":"in","cmd":"login","data":{"userId":"ann"}}', ...frames]) {
        if (socket) object.webSocketMessage(socket, frame);
      }
    });
    await ann.answerTo('{"seq":"last","cmd":"ping"}', "last");
    const answers = ann.replies().map(({ seq, response }) => `${seq} ${response.code}`);
    const refused = [" 1011", " 1011", " 1011", " 1011"];
    expect(answers).toEqual([...refused, "in 200", "l0 200", "l1 200", "l2 200", "l3 200", "last 200"]);
  });

  test("count anew after it", async () => {
    using ann = await TestMember.connect("sockets anew");
    for (let round = 0; round < 3; round += 1) {
      ann.send(`{"seq":"login","cmd":"login","data":{"userId":"ann"}}`);
      for (let count = 0; count < 4; count += 1) ann.send(largePing("large"));
      await ann.settle();
    }
    expect(ann.replies().filter(({ response }) => response.code === 1011)).toEqual([]);
  });

  test.each([
    ["one is larger than any room would read", 1, 300_000],
    ["they are too large together", 8, 60_000],
  ])("end the socket on bare /acc with 4504 when %s", async (_, count, size) => {
    using old = await TestMember.open("/acc");
    for (let index = 0; index < count; index += 1) {
      old.send(largePing(`${index}`, size));
    }
    expect(await old.ended()).toMatchObject({ code: 4504 });
  });

  test("may be large one after the other on bare /acc", async () => {
    using old = await TestMember.open("/acc");
    for (let index = 0; index < 8; index += 1) {
      expect(await old.answerTo(largePing(`${index}`), `${index}`)).toMatchObject({ code: 200 });
    }
  });
});

function largePing(seq: string, size = 60_000): string {
  return JSON.stringify({ seq, cmd: "ping", data: "x".repeat(size) });
}

/** A client at a room's own door, past the brake: it answers a close when it is told to. */
class Knock {
  readonly #socket: WebSocket;
  readonly #ended: Promise<number>;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#ended = new Promise((resolve) => socket.addEventListener("close", ({ code }) => resolve(code)));
    socket.accept({ allowHalfOpen: true });
  }

  /** Logs in and out. Gives the code with which the room has closed it. */
  async comeAndGo(userId: string): Promise<number> {
    const answered = this.#message();
    this.#socket.send(JSON.stringify({ seq: "in", cmd: "login", data: { userId } }));
    await answered;
    this.#socket.send('{"seq":"out","cmd":"logout"}');
    return this.#ended;
  }

  ended(): Promise<number> {
    return this.#ended;
  }

  #message(): Promise<unknown> {
    return new Promise((resolve) => this.#socket.addEventListener("message", resolve, { once: true }));
  }

  answer(): void {
    try {
      this.#socket.close(1000);
    } catch {
      // Both sides have closed.
    }
  }
}

async function knock(room: string, address: string): Promise<Knock> {
  const headers = { Upgrade: "websocket", [DIALECT_HEADER]: SUBPROTOCOL, [ADDRESS_HEADER]: address };
  const response = await env.ROOM.getByName(room).fetch("https://roomcast.test/", { headers });
  if (response.webSocket === null) throw new Error(`the room answered ${response.status} and no socket`);
  return new Knock(response.webSocket);
}

/** Whether a room takes one more socket. What it does not, the Worker refuses for it, with 4004. */
async function isRefused(room: string, address: string): Promise<boolean> {
  const headers = { Upgrade: "websocket", [DIALECT_HEADER]: SUBPROTOCOL, [ADDRESS_HEADER]: address };
  const { status, webSocket } = await env.ROOM.getByName(room).fetch("https://roomcast.test/", { headers });
  webSocket?.accept();
  return status === 503;
}

function knocks(room: string, address: string, count: number): Promise<Knock[]> {
  return Promise.all(Array.from({ length: count }, () => knock(room, address)));
}

/** Looks again until something is so; each look is an event of the object's, so that nothing has to be waited for. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 1_000; look += 1) if (await isSo()) return;
  throw new Error("it never was so");
}

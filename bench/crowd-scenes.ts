import { Returner } from "./load/returner.ts";
import { pause } from "./pause.ts";
import { median } from "./report/statistics.ts";
import { RoomApi } from "./room-api.ts";
import type { Stand } from "./stand.ts";

/** What crowds do at once, each with a fresh server: they come, wake a room, are cut off, and come back. */

export const MOST = 5_000;
const ARRIVING = 200;

export type Arrival = { readonly ms: number; readonly frames: number; readonly rows: number };

export function bareUpgrades(stand: Stand): Promise<number> {
  const plan = { room: "bare", connections: MOST, arriving: ARRIVING };
  return stand.serve("plain", (peer) => stand.crowd("plain", peer, plan, async ({ arrival }) => arrival.ms));
}

export function arrival(stand: Stand, connections: number): Promise<Arrival> {
  const plan = { room: "arrival", connections, arriving: ARRIVING };
  return stand.serve("roomcast", (peer) =>
    stand.crowd("roomcast", peer, plan, async ({ arrival: { connected, expected, ms } }) => {
      if (connected < expected) stand.faults.push(`arrival: ${connected} of ${expected} came in`);
      const { counters } = await new RoomApi(peer, "arrival").stats();
      return { ms, frames: counters.frames ?? Number.NaN, rows: counters.rowsWritten ?? Number.NaN };
    }),
  );
}

/** Latency in ms until all of 5,000 have a message: of the one that wakes the room, and of later ones. */
export type Wake = { readonly waking: number; readonly awake: number; readonly isWoken: boolean };

/** The platform hibernates an object after ten seconds without an event. */
const ASLEEP_MS = 14_000;

export function wake(stand: Stand): Promise<Wake> {
  const plan = { room: "wake", connections: MOST, arriving: ARRIVING, publishers: 1 };
  return stand.serve("roomcast", (peer) =>
    stand.crowd("roomcast", peer, plan, async ({ run }) => {
      const api = new RoomApi(peer, "wake");
      // The crowd's last count is out by then.
      await pause(6_000);
      const before = (await api.stats()).counters.wakes ?? 0;
      await pause(ASLEEP_MS);
      const one = async () => {
        const { latencyMs } = await run({ rate: 1, warmupMs: 0, durationMs: 900 });
        return latencyMs.samples === 0 ? Number.NaN : latencyMs.max;
      };
      const waking = await one();
      const awake = median([await one(), await one(), await one()]);
      const after = (await api.stats()).counters.wakes ?? 0;
      return { waking, awake, isWoken: after > before };
    }),
  );
}

export const STAYING = 500;

export type Cut = {
  readonly frames: number;
  readonly rows: number;
  readonly cpuMs: number;
  readonly left: number;
};

export function cut(stand: Stand): Promise<Cut> {
  const stay = { room: "cut", connections: STAYING, arriving: ARRIVING };
  const going = { ...stay, connections: MOST - STAYING, firstUser: STAYING };
  return stand.serve("roomcast", (peer) =>
    stand.crowd("roomcast", peer, stay, async () => {
      const api = new RoomApi(peer, "cut");
      const before = await stand.crowd("roomcast", peer, going, async ({ cut }) => {
        await pause(2_000);
        const { counters } = await api.stats();
        const cpuMs = peer.cpuMs() ?? Number.NaN;
        await cut();
        return { counters, cpuMs };
      });
      await pause(9_000);
      const { counters, connections } = await api.stats();
      const grown = (name: "frames" | "rowsWritten") => (counters[name] ?? 0) - (before.counters[name] ?? 0);
      const cpuMs = (peer.cpuMs() ?? Number.NaN) - before.cpuMs;
      return { frames: grown("frames"), rows: grown("rowsWritten"), cpuMs, left: connections - STAYING };
    }),
  );
}

export const RETURNERS = 1_000;
export const MISSED = 1_000;

export type Return = {
  readonly ms: number;
  readonly eachMs: number;
  readonly cpuMs: number;
  readonly faults: number;
};

export function comeBack(stand: Stand): Promise<Return> {
  return stand.serve("roomcast", async (peer) => {
    const { hostname, port } = new URL(peer.origin);
    const target = { host: hostname, port: Number(port), path: peer.path("back"), protocol: "roomcast.v1" };
    const people = Array.from({ length: RETURNERS }, (_, index) => new Returner(index, target));
    for (const person of people) await person.enter();
    stand.say(`crowds: ${RETURNERS} are cut off`);
    for (const person of people) person.cut();
    const plan = { room: "back", connections: 1, publishers: 1, firstUser: RETURNERS };
    await stand.crowd("roomcast", peer, plan, ({ run }) =>
      run({ rate: MISSED, warmupMs: 0, durationMs: 1_000 }),
    );
    const { position } = await new RoomApi(peer, "back").get<{ position: { offset: number } }>(
      "/messages?limit=1",
    );
    const cpuFrom = peer.cpuMs() ?? Number.NaN;
    const from = performance.now();
    const each = await Promise.all(
      people.map(async (person) => {
        await person.comeBack(position.offset);
        return performance.now() - from;
      }),
    );
    const cpuMs = (peer.cpuMs() ?? Number.NaN) - cpuFrom;
    for (const person of people) person.close();
    const faults = people.reduce((sum, person) => sum + person.faults, 0);
    if (faults > 0 || position.offset < MISSED) {
      stand.faults.push(`coming back: ${faults} breaks, ${position.offset} of ${MISSED} published`);
    }
    return { ms: Math.max(...each), eachMs: median(each), cpuMs, faults };
  });
}

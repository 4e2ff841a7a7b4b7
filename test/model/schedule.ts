/**
 * One random life of one room, drawn from a seed: clients talk, change what was said, vanish and come
 * back, while the room hibernates, crashes and lives by a clock that jumps. Judged at the end.
 *
 * The seed decides every step; how far frames have got when the next step comes is the runtime's affair,
 * as it is in life. A seed that fails fails again, nearly always.
 */
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { SequencedEvent } from "../../src/protocol/events";
import type { FoldedMessage, GapReply, HistoryReply, PresencePage } from "../../src/protocol/replies";
import { Deeds } from "../support/deeds";
import type { Evidence } from "../support/evidence";
import { judge, type Verdict } from "../support/judge";
import { Random } from "../support/random";
import { Clock } from "./clock";
import { type Connect, connectDirectly } from "./line";
import { ModelClient } from "./model-client";
import { naiveFold, standingOf } from "./naive-room";

/** What came of a schedule. `complaints` is empty if every promise held. */
export type Outcome = {
  readonly verdict: Verdict;
  readonly complaints: readonly string[];
  /** The steps as they were taken, for whoever has to find out why. */
  readonly trace: string;
};

const STEPS = {
  publish: 24,
  burst: 8,
  change: 18,
  stutter: 5,
  cut: 7,
  comeIn: 14,
  goDeaf: 4,
  hold: 4,
  release: 4,
  repeat: 5,
  hibernate: 8,
  crash: 3,
  jump: 4,
  ring: 3,
  settle: 4,
  breathe: 12,
} as const;

type Step = keyof typeof STEPS;

/** Two connections of one user, and two others. The first one never leaves for good: it asks the questions. */
const CLIENTS = [
  ["ann-1", "ann"],
  ["ann-2", "ann"],
  ["bob-1", "bob"],
  ["cid-1", "cid"],
] as const;

const HOUR_MS = 3_600_000;
/** More than the grace of 5 s, after which whoever was cut is gone. */
const BEYOND_GRACE_MS = 6_000;
/** So often the end of a schedule is tried: a jump of the clock makes the room cut connections once more. */
const ROUNDS = 5;

/** A room of its own for every run, also of the same seed. */
let runs = 0;

/** Runs the schedule of a seed. `connect` may put something between the clients and the room. */
export async function runSchedule(seed: number, connect: Connect = connectDirectly): Promise<Outcome> {
  return new Schedule(seed, connect).run();
}

class Schedule {
  readonly #random: Random;
  readonly #room: string;
  readonly #clock = new Clock();
  readonly #clients: readonly ModelClient[];
  readonly #deeds: ReadonlyMap<ModelClient, Deeds>;
  readonly #trace: string[] = [];

  constructor(seed: number, connect: Connect) {
    this.#random = new Random(seed);
    runs += 1;
    this.#room = `schedule ${seed}, run ${runs}`;
    this.#clients = CLIENTS.map(([name, userId]) => new ModelClient(name, userId, this.#room, connect));
    this.#deeds = new Map(
      this.#clients.map((client) => [client, new Deeds(this.#random.fork(), client.name, client.userId)]),
    );
  }

  async run(): Promise<Outcome> {
    for (const client of this.#clients) await client.comeIn();
    const count = this.#random.between(40, 80);
    for (let step = 0; step < count; step += 1) await this.#step();
    const { roster, connected } = await this.#rosterAtTheEnd();
    await this.#gather(this.#clients);
    const log = await this.#log();
    const evidence: Evidence = {
      sent: this.#clients.flatMap(({ sent }) => sent),
      acknowledged: this.#clients.flatMap(({ acknowledged }) => acknowledged),
      readings: this.#clients.map(({ name, steps }) => ({ reader: name, steps })),
      log,
      roster,
      connected,
    };
    const verdict = judge(evidence);
    const surprises = this.#clients.flatMap((client) => client.surprises);
    const complaints = [...verdict.offences, ...surprises, ...(await this.#foldingFaults(log))];
    for (const client of this.#clients) client.cut(1000);
    return { verdict, complaints, trace: this.#trace.join("\n") };
  }

  async #step(): Promise<void> {
    const step = this.#random.weighted(STEPS);
    const client = this.#random.pick(this.#clients);
    if (client === undefined) return;
    this.#trace.push(`${step} ${client.name} at ${client.offset}${client.isConnected ? "" : " (away)"}`);
    await this.#take(step, client);
  }

  async #take(step: Step, client: ModelClient): Promise<void> {
    const random = this.#random;
    switch (step) {
      case "publish":
        return client.want(this.#deedsOf(client).publication());
      case "burst": {
        const deeds = this.#deedsOf(client);
        return client.want(...Array.from({ length: random.between(2, 8) }, () => deeds.publication()));
      }
      case "change":
      case "stutter": {
        const deeds = this.#deedsOf(client);
        const deed = deeds.change(client.applied()) ?? deeds.publication();
        return step === "change" ? client.want(deed) : client.stutter(deed);
      }
      case "cut":
        return client.cut(1001);
      case "comeIn":
        return this.#firstAway(client).comeIn();
      case "goDeaf":
        return client.goDeaf();
      case "hold":
        return client.hold();
      case "release":
        return client.release();
      case "repeat":
        return client.repeat((published) => random.pick(published));
      case "settle":
        return client.settle();
      case "breathe":
        return new Promise((resolve) => setTimeout(resolve, random.between(0, 3)));
      case "jump":
        return this.#clock.jump(random.pick([-HOUR_MS, HOUR_MS, random.between(-9_000, 9_000)]) ?? 0);
      default:
        return this.#disturb(step);
    }
  }

  async #disturb(step: "hibernate" | "crash" | "ring"): Promise<void> {
    const stub = env.ROOM.getByName(this.#room);
    if (step === "ring") {
      await runDurableObjectAlarm(stub);
      return;
    }
    const webSockets = step === "crash" ? "close" : "hibernate";
    // It rejects when the room is not in memory at this moment, and then it is as it should be.
    await evictDurableObject(stub, { webSockets }).catch(() => undefined);
  }

  /**
   * Who is shown when some have stayed away for longer than the grace, one of them with a farewell, and
   * all others are connected.
   */
  async #rosterAtTheEnd(): Promise<Pick<Evidence, "roster" | "connected">> {
    const [asker, ...others] = this.#clients;
    if (asker === undefined) throw new Error("a schedule needs clients");
    for (const client of this.#clients) client.release();
    const away = others.filter(() => this.#random.chance(0.3));
    for (const client of away) client.cut(this.#random.chance(0.5) ? 1000 : 1001);
    const present = this.#clients.filter((client) => !away.includes(client));
    this.#trace.push(`the end; away are ${away.map(({ name }) => name).join(", ") || "none"}`);
    await this.#gather(present);
    const connected = present.map(({ userId }) => userId).sort();
    let roster: Evidence["roster"] = [];
    for (let round = 0; round < ROUNDS && !isShown(roster, connected); round += 1) {
      this.#clock.passEverything(BEYOND_GRACE_MS);
      await runDurableObjectAlarm(env.ROOM.getByName(this.#room));
      await this.#gather(present);
      roster = await rosterFor(asker);
    }
    // Whoever has left must not come back with the room's next wake.
    await evictDurableObject(env.ROOM.getByName(this.#room)).catch(() => undefined);
    return { roster: isShown(roster, connected) ? await rosterFor(asker) : roster, connected };
  }

  /** Brings clients to rest: connected, caught up, everything answered, and all at the same offset. */
  async #gather(clients: readonly ModelClient[]): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const client of clients) await client.comeIn();
      await Promise.all(clients.map((client) => client.settle()));
      // What another one's settling has published is on its way: a ping goes round behind it.
      await Promise.all(clients.map((client) => client.query("ping", {})));
      const isTogether = new Set(clients.map(({ offset }) => offset)).size === 1;
      if (isTogether && clients.every(({ isSettled }) => isSettled)) return;
    }
  }

  /** The whole log, in pages of random sizes. */
  async #log(): Promise<SequencedEvent[]> {
    const log: SequencedEvent[] = [];
    for (let more = true; more; ) {
      const query = { after: log.at(-1)?.data.offset ?? 0, limit: this.#random.between(1, 40) };
      const reply = (await this.#clients[0]?.query("gap", query)) as GapReply | undefined;
      log.push(...(reply?.events ?? []));
      more = (reply?.more ?? false) && (reply?.events.length ?? 0) > 0;
    }
    return log;
  }

  /** How the history differs from the log applied event by event; read in both directions. */
  async #foldingFaults(log: readonly SequencedEvent[]): Promise<string[]> {
    const expected = JSON.stringify(naiveFold(log));
    const faults: string[] = [];
    for (const direction of ["after", "before"] as const) {
      const actual = JSON.stringify((await this.#history(direction)).map(standingOf));
      if (actual !== expected) faults.push(`history ${direction} gives\n${actual}\ninstead of\n${expected}`);
    }
    return faults;
  }

  async #history(direction: "after" | "before"): Promise<FoldedMessage[]> {
    const messages: FoldedMessage[] = [];
    const limit = this.#random.between(1, 20);
    for (let more = true; more; ) {
      const edge = direction === "after" ? (messages.at(-1)?.offset ?? 0) : messages[0]?.offset;
      const reply = await this.#clients[0]?.query("history", { [direction]: edge, limit });
      const page = reply as HistoryReply | undefined;
      const found = page?.messages ?? [];
      if (direction === "after") messages.push(...found);
      else messages.unshift(...found);
      more = (page?.more ?? false) && found.length > 0;
    }
    return messages;
  }

  #deedsOf(client: ModelClient): Deeds {
    const deeds = this.#deeds.get(client);
    if (deeds === undefined) throw new Error(`${client.name} is not of this schedule`);
    return deeds;
  }

  /** Coming back is for those who are away. */
  #firstAway(client: ModelClient): ModelClient {
    return this.#clients.find(({ isConnected }) => !isConnected) ?? client;
  }
}

async function rosterFor(client: ModelClient): Promise<Evidence["roster"]> {
  const page = (await client.query("presence", {})) as PresencePage | undefined;
  return page?.users ?? [];
}

function isShown(roster: Evidence["roster"], connected: readonly string[]): boolean {
  const shown = roster.flatMap(({ userId, devices }) => Array<string>(devices).fill(userId));
  return (
    shown.length > 0 && roster.every(({ devices }) => devices > 0) && `${shown.sort()}` === `${connected}`
  );
}

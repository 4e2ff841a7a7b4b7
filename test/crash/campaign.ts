/**
 * A room in use while its server is killed again and again: real processes, real sockets, the real client.
 *
 * The seed decides who does what and when the server dies. How far the server has got in that moment is
 * chance, so a seed repeats a campaign's shape, not its every byte.
 */
import { setTimeout as pause } from "node:timers/promises";
import { judge, type Verdict } from "../support/judge";
import { Random } from "../support/random";
import { SocketClient } from "../support/socket-client.ts";
import { GRACE_MS, MortalServer } from "./mortal-server";
import { Participant } from "./participant";

export type CampaignOptions = {
  readonly kills: number;
  readonly seed: number;
  /** Called after every restart, and once at the end, with a line for whoever watches. */
  readonly progress?: (line: string) => void;
};

export type Campaign = {
  readonly verdict: Verdict;
  /** Kills in a moment in which somebody waited for an answer. */
  readonly killsInFlight: number;
  readonly cuts: number;
  readonly reloads: number;
  /** Publications that did not make it, acknowledged or not: an outbox sends until there is a yes. */
  readonly unpublished: readonly string[];
};

const ROOM = "campaign";
const TALKERS = ["ann", "bob", "cid"] as const;
const READERS = ["dee", "eve"] as const;
/** How long somebody may take to get something through after a restart, and everybody to be done at the end. */
const PATIENCE_MS = 20_000;

/** Runs a campaign on a server of its own. Needs the bundle of `test/support/bundle.ts`. */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const server = await MortalServer.start();
  const run = new Run(server, options);
  try {
    return await run.toTheEnd();
  } finally {
    run.stop();
    await server.stop();
  }
}

class Run {
  readonly #server: MortalServer;
  readonly #options: CampaignOptions;
  readonly #random: Random;
  readonly #talkers: readonly Participant[];
  readonly #everybody: readonly Participant[];
  readonly #visitors: SocketClient[] = [];
  #isTalking = true;
  #killsInFlight = 0;
  #cuts = 0;
  #reloads = 0;

  constructor(server: MortalServer, options: CampaignOptions) {
    this.#server = server;
    this.#options = options;
    this.#random = new Random(options.seed);
    const join = (name: string) => {
      return new Participant(name, { origin: server.origin, room: ROOM }, this.#random.fork());
    };
    this.#talkers = TALKERS.map(join);
    this.#everybody = [...this.#talkers, ...READERS.map(join)];
  }

  async toTheEnd(): Promise<Campaign> {
    for (const each of this.#everybody) each.connect();
    const talks = this.#talkers.map((talker) => this.#talk(talker));
    for (let kill = 1; kill <= this.#options.kills; kill += 1) {
      await this.#live();
      if (this.#talkers.some(({ isWaiting }) => isWaiting)) this.#killsInFlight += 1;
      await this.#server.killAndRestart();
      for (const each of this.#everybody) if (this.#random.chance(0.7)) each.probe();
      this.#options.progress?.(
        `kill ${kill} of ${this.#options.kills}: ${this.#acknowledged()} acknowledged`,
      );
    }
    await this.#live();
    this.#isTalking = false;
    await Promise.all(talks);
    return this.#judged();
  }

  /** Ends every client, also after a failure. */
  stop(): void {
    this.#isTalking = false;
    for (const each of this.#everybody) each.leave();
  }

  async #talk(talker: Participant): Promise<void> {
    const random = this.#random.fork();
    while (this.#isTalking) {
      for (let burst = random.between(1, 4); burst > 0; burst -= 1) talker.act();
      await pause(random.between(5, 40));
    }
  }

  /** One life of the server: something gets through, single links break, and then it may be over any time. */
  async #live(): Promise<void> {
    const before = this.#acknowledged();
    await until("something is acknowledged after a restart", () => this.#acknowledged() > before);
    const random = this.#random;
    await pause(random.between(0, 100));
    if (random.chance(0.4)) {
      this.#cuts += 1;
      random.pick(this.#everybody)?.cut();
    }
    if (random.chance(0.2)) {
      this.#reloads += 1;
      random.pick(this.#everybody)?.reload();
    }
    if (random.chance(0.3)) await this.#visit();
    await pause(random.between(0, 100));
  }

  /** Somebody comes, and never comes back after the next kill: a ghost, if anything makes one. */
  async #visit(): Promise<void> {
    const visitor = await SocketClient.connect(this.#server.origin, `/api/rooms/${ROOM}/ws`, "roomcast.v1");
    await visitor.ask("login", { name: "visitor" });
    this.#visitors.push(visitor);
    if (this.#random.chance(0.3)) visitor.cut();
  }

  async #judged(): Promise<Campaign> {
    // After the last kill nobody else ends them.
    for (const visitor of this.#visitors) visitor.cut();
    await until("everybody is online and answered", () =>
      this.#everybody.every(({ isSettled }) => isSettled),
    );
    const last = await this.#server.lastOffset(ROOM);
    await settled(() =>
      this.#everybody.every(({ offset, missing }) => offset >= last && missing.length === 0),
    );
    const connected = this.#everybody.flatMap(({ userId }) => userId ?? []);
    let roster = await this.#server.roster(ROOM);
    await settled(async () => {
      roster = await this.#server.roster(ROOM);
      return roster.length === connected.length;
    });
    const verdict = judge({
      sent: this.#talkers.flatMap(({ sent }) => sent),
      acknowledged: this.#talkers.flatMap(({ acknowledged }) => acknowledged),
      readings: this.#everybody.map(({ name, steps }) => ({ reader: name, steps })),
      log: await this.#server.log(ROOM),
      roster,
      connected,
    });
    const unpublished = this.#talkers.flatMap(({ name, missing, refusedPublications }) => [
      ...refusedPublications,
      ...missing.map((msgId) => `never arrived: ${msgId} by ${name}`),
    ]);
    return {
      verdict,
      killsInFlight: this.#killsInFlight,
      cuts: this.#cuts,
      reloads: this.#reloads,
      unpublished,
    };
  }

  #acknowledged(): number {
    return this.#talkers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  }
}

/** Waits for what must come; the campaign fails if it does not. */
async function until(what: string, isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`${PATIENCE_MS} ms passed before ${what}`);
    await pause(5);
  }
}

/** Waits for what should come, for as long as a grace may last and more; what did not come, the judge will name. */
async function settled(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + GRACE_MS + 5_000;
  while (!(await isTrue()) && Date.now() < deadline) await pause(50);
}

import type { Buffer } from "node:buffer";
import { Digest } from "./digest.ts";
import { type CrowdPlan, connectionCount, publisherOf, type WorkPlan, witnessOf } from "./plan.ts";
import { Publisher } from "./publisher.ts";
import { RawSocket, type Target } from "./raw-socket.ts";
import { type Recorded, Recorder } from "./recorder.ts";
import { SPEECHES, type Speech } from "./speech.ts";
import { sinceBaseUs } from "./stamp.ts";
import { Tally } from "./tally.ts";

/**
 * The connections of one thread: they come in, publish, count what arrives, and go. Of `threads` threads,
 * each takes every so many-th connection.
 */
export class Crowd {
  readonly #plan: CrowdPlan;
  readonly #baseMs: number;
  readonly #indexes: readonly number[];
  readonly #digest = new Digest();
  readonly #tally: Tally;
  #recorder = new Recorder(0, 0);
  #work: WorkPlan | undefined;
  readonly #publishers = new Map<number, Publisher>();
  /** Whose messages a connection is the one to see come back. */
  readonly #witnessed = new Map<number, Publisher>();
  readonly #sockets = new Map<number, RawSocket>();
  readonly #arriving = new Map<number, (isIn: boolean) => void>();
  readonly #closes = new Map<string, number>();
  readonly #refusals = new Map<string, number>();
  #pacer: ReturnType<typeof setInterval> | undefined;
  #isLeaving = false;
  #untilUs = 0;
  /** Between two messages of a publisher; none is due without a pace. */
  #gapUs = Number.POSITIVE_INFINITY;
  #framesReceived = 0;
  #bytesReceived = 0;

  /** `baseMs`: what stamps count from, ms since 1970, the same in all threads. */
  constructor(plan: CrowdPlan, thread: number, baseMs: number) {
    this.#plan = plan;
    this.#baseMs = baseMs;
    const count = connectionCount(plan);
    this.#indexes = Array.from({ length: count }, (_, index) => index).filter(
      (index) => index % plan.threads === thread,
    );
    this.#tally = new Tally(count, plan.publishers);
    // What the other threads' connections get is asked there.
    for (let index = 0; index < count; index += 1) {
      if (index % plan.threads !== thread) this.#tally.leaveOut(index);
    }
  }

  /** Brings everybody in, so many at a time. Resolves with how many are in. */
  async arrive(): Promise<number> {
    const queue = [...this.#indexes];
    const atOnce = Math.max(1, Math.floor(this.#plan.arriving / this.#plan.threads));
    let count = 0;
    const next = async () => {
      for (let index = queue.shift(); index !== undefined; index = queue.shift()) {
        if (await this.#enter(index)) count += 1;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, next));
    const firstStalled = this.#plan.connections - this.#plan.stalled;
    for (const [index, socket] of this.#sockets) {
      if (index < firstStalled || index >= this.#plan.connections) continue;
      this.#tally.leaveOut(index);
      socket.stall();
    }
    return count;
  }

  /** Publishes from `startUs` on, and counts from `fromUs` to `untilUs`: µs since the base. */
  publish(work: WorkPlan, startUs: number, fromUs: number, untilUs: number): void {
    this.#work = work;
    this.#tally.beginWork();
    this.#closes.clear();
    this.#refusals.clear();
    this.#recorder = new Recorder(fromUs, untilUs);
    this.#untilUs = untilUs;
    for (const publisher of this.#publishers.values()) {
      publisher.beginWork(work.bytes);
      if (work.flood > 0) publisher.fill(startUs, this.#windowOf(publisher.id));
    }
    if (work.flood === 0 && work.rate > 0) this.#keepPace(work.rate, startUs);
  }

  #keepPace(rate: number, startUs: number): void {
    const { publishers } = this.#plan;
    const gapUs = (publishers / rate) * 1e6;
    this.#gapUs = gapUs;
    for (const publisher of this.#publishers.values()) {
      publisher.beginAt(startUs + (publisher.id / publishers) * gapUs);
    }
    this.#pacer = setInterval(() => {
      const now = sinceBaseUs(this.#baseMs);
      for (const publisher of this.#publishers.values()) publisher.keepPace(now, gapUs);
    }, 1);
  }

  /** Ends publishing; gives how many messages each publisher of this thread has sent. */
  stop(): [publisher: number, sent: number][] {
    clearInterval(this.#pacer);
    // What was due at the very end is sent: late, but not left out.
    for (const publisher of this.#publishers.values()) publisher.keepPace(this.#untilUs - 1, this.#gapUs);
    this.#gapUs = Number.POSITIVE_INFINITY;
    this.#work = undefined;
    return Array.from(this.#publishers.values(), ({ id, sent }) => [id, sent]);
  }

  missing(sent: readonly number[]): number {
    return this.#tally.missing(sent);
  }

  /** Everybody sends a sign of life once in `intervalMs`, evenly spread. */
  keepAlive(intervalMs: number): void {
    let turn = 0;
    const turns = Math.ceil(intervalMs / HEARTBEAT_STEP_MS);
    setInterval(() => {
      turn = (turn + 1) % turns;
      for (const [index, socket] of this.#sockets) {
        const { heartbeat } = this.#speechOf(index);
        if (heartbeat !== null && index % turns === turn) socket.send(heartbeat);
      }
    }, HEARTBEAT_STEP_MS).unref();
  }

  /** Everybody goes, with a goodbye or (`isCut`) without. */
  leave(isCut = false): void {
    this.#isLeaving = true;
    for (const socket of this.#sockets.values()) {
      if (isCut) socket.cut();
      else socket.close(1000);
    }
  }

  /** What was recorded of the last work. */
  get recorded(): Recorded {
    return this.#recorder.result;
  }

  get counts(): CrowdCounts {
    let sent = 0;
    for (const publisher of this.#publishers.values()) sent += publisher.sent;
    return {
      connected: this.#sockets.size,
      sent,
      received: this.#tally.received,
      framesReceived: this.#framesReceived,
      bytesReceived: this.#bytesReceived,
    };
  }

  get faults(): CrowdFaults {
    const { skipped, stale, offsetBreaks } = this.#tally;
    return { skipped, stale, offsetBreaks, closes: [...this.#closes], refusals: [...this.#refusals] };
  }

  #windowOf(publisher: number): number {
    const { publishers } = this.#plan;
    const flood = this.#work?.flood ?? 0;
    return Math.floor(flood / publishers) + (publisher < flood % publishers ? 1 : 0);
  }

  #speechOf(index: number): Speech {
    return SPEECHES[index < this.#plan.connections ? this.#plan.speech : "roomcast.v1"];
  }

  #enter(index: number): Promise<boolean> {
    const { origin, room, path, offersDeflate } = this.#plan;
    const speech = this.#speechOf(index);
    const { hostname, port } = new URL(origin);
    const target: Target = {
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port === "" ? 80 : port),
      path: index < this.#plan.connections && path !== undefined ? path : speech.path(room),
      ...(speech.protocol === undefined ? {} : { protocol: speech.protocol }),
      offersDeflate,
    };
    return new Promise((resolve) => {
      this.#arriving.set(index, resolve);
      const socket = new RawSocket(index, target, this.#events);
      // Its close says that it did not get in.
      setTimeout(() => {
        if (this.#arriving.has(index)) socket.cut();
      }, ARRIVAL_MS).unref();
    });
  }

  readonly #events = {
    opened: (socket: RawSocket) => {
      const { hello } = this.#speechOf(socket.index);
      if (hello === null) this.#entered(socket);
      else socket.send(hello(this.#plan.firstUser + socket.index, this.#plan.room));
    },

    frame: (socket: RawSocket, buffer: Buffer, start: number, end: number) => {
      this.#framesReceived += 1;
      this.#bytesReceived += end - start;
      const summary = this.#digest.summaryOf(buffer, start, end);
      for (const code of summary.refusals) this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1);
      if (summary.count === 0) {
        this.#hear(socket, summary.text);
        return;
      }
      const now = sinceBaseUs(this.#baseMs);
      this.#tally.note(socket.index, summary);
      if (socket.index < this.#plan.connections) {
        this.#recorder.note(now, summary.dueUs, socket.index % (this.#work?.sampleEvery ?? 1) === 0);
      }
      const publisher = this.#witnessed.get(socket.index);
      if (publisher === undefined) return;
      for (const { publisher: id, first, last } of summary.runs) {
        if (id === publisher.id) publisher.returned(last - first + 1);
      }
      if (this.#work !== undefined && this.#work.flood > 0) publisher.fill(now, this.#windowOf(publisher.id));
    },

    closed: (socket: RawSocket, code: number, reason: string) => {
      this.#sockets.delete(socket.index);
      this.#arriving.get(socket.index)?.(false);
      this.#arriving.delete(socket.index);
      if (this.#isLeaving) return;
      this.#tally.leaveOut(socket.index);
      const what = `${code}${reason === "" ? "" : ` ${reason}`}`;
      this.#closes.set(what, (this.#closes.get(what) ?? 0) + 1);
    },
  };

  #hear(socket: RawSocket, text: string): void {
    const heard = this.#speechOf(socket.index).hears(text, this.#tally.lastOffset(socket.index));
    if (heard === "ready") this.#entered(socket);
    else if (heard !== "nothing") socket.send(heard.answer);
  }

  #entered(socket: RawSocket): void {
    const { index } = socket;
    if (!this.#arriving.has(index)) return;
    this.#sockets.set(index, socket);
    const id = publisherOf(index, this.#plan);
    if (id !== -1) {
      const publisher = new Publisher(id, socket, this.#speechOf(index));
      this.#publishers.set(index, publisher);
      this.#witnessed.set(witnessOf(index, this.#plan), publisher);
    }
    this.#arriving.get(index)?.(true);
    this.#arriving.delete(index);
  }
}

/** A server that answers no login must not hold everybody up. */
const ARRIVAL_MS = 40_000;
/** A beat of the heartbeats: everybody has a turn in one of them. */
const HEARTBEAT_STEP_MS = 25;

export type CrowdCounts = {
  readonly connected: number;
  readonly sent: number;
  readonly received: number;
  readonly framesReceived: number;
  readonly bytesReceived: number;
};

export type CrowdFaults = {
  /** Messages that had not come when a later one of the same publisher came. */
  readonly skipped: number;
  /** Messages that came twice, or behind a later one. */
  readonly stale: number;
  readonly offsetBreaks: number;
  /** Sockets that were closed by the server or lost, by code and reason. */
  readonly closes: readonly (readonly [what: string, count: number])[];
  /** Refused commands, by code. */
  readonly refusals: readonly (readonly [code: string, count: number])[];
};

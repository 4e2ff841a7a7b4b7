import { LinkLost } from "../../src/client/command-errors";
import { outboxInMemory } from "../../src/client/outbox-store";
import { RoomClient } from "../../src/client/room-client";
import { sessionInMemory } from "../../src/client/sessions";
import type { SequencedEvent } from "../../src/protocol/events";
import type { Position } from "../../src/protocol/position";
import { Deeds } from "../support/deeds";
import type { Acknowledged, Deed, ReadingStep } from "../support/evidence";
import type { Random } from "../support/random";
import { CuttableSockets } from "./cuttable-socket";

/** So many unanswered wishes at most: a person whose link is down does not go on typing for ever. */
const IN_FLIGHT = 20;
/** Quick to come back, because the server is. */
const BACKOFF = { baseMs: 50, capMs: 400 };

/**
 * One guest with the real client, and a memory of everything that the client told: for the judge.
 *
 * A reload throws the client object away and goes on with a new one, which is given what a page would have
 * kept: session, outbox and position.
 */
export class Participant {
  readonly name: string;
  readonly steps: ReadingStep[] = [];
  readonly sent: Deed[] = [];
  readonly acknowledged: Acknowledged[] = [];
  /** Publications that the room said no to. A change may meet a no: the message was deleted meanwhile. */
  readonly refusedPublications: string[] = [];

  readonly #address: { readonly origin: string; readonly room: string };
  readonly #random: Random;
  readonly #sessions = sessionInMemory();
  readonly #outbox = outboxInMemory();
  readonly #sockets = new CuttableSockets();
  #client: RoomClient;
  #deeds: Deeds | undefined;
  #inFlight = new Set<Promise<unknown>>();
  /** msgIds of publications that have not come back as events. A reload forgets promises, never these. */
  readonly #unseen = new Set<string>();

  constructor(name: string, address: { readonly origin: string; readonly room: string }, random: Random) {
    this.name = name;
    this.#address = address;
    this.#random = random;
    this.#client = this.#newClient(undefined);
  }

  get userId(): string | undefined {
    return this.#client.userId;
  }

  get offset(): number {
    return this.#client.position?.offset ?? 0;
  }

  /** Publications that were never seen in the log, though nothing was said against them. */
  get missing(): readonly string[] {
    return [...this.#unseen];
  }

  /** Online, and every wish is answered. */
  get isSettled(): boolean {
    return this.#client.state.kind === "online" && !this.isWaiting;
  }

  /** Some wish is not answered yet. */
  get isWaiting(): boolean {
    return this.#inFlight.size > 0;
  }

  connect(): void {
    this.#client.connect();
  }

  /** Publishes, or now and then changes what was published, if not too much is under way already. */
  act(): void {
    const { userId } = this;
    if (userId === undefined || this.#inFlight.size >= IN_FLIGHT) return;
    this.#deeds ??= new Deeds(this.#random, this.name, userId);
    const change = this.#random.chance(0.2) ? this.#deeds.change(this.#recent()) : undefined;
    this.#wish(change ?? this.#deeds.publication());
  }

  /** Loses its connection; the client comes back by itself. */
  cut(): void {
    this.#sockets.cut();
  }

  /** Tries the link at once, as a page does that becomes visible. */
  probe(): void {
    this.#client.probe();
  }

  /** The page is loaded anew: the connection is cut and open promises are forgotten, the outbox is not. */
  reload(): void {
    const old = this.#client;
    this.#inFlight = new Set();
    this.#client = this.#newClient(old.position);
    this.#sockets.cut();
    old.leave();
    this.#client.connect();
  }

  leave(): void {
    this.#client.leave();
  }

  #newClient(position: Position | undefined): RoomClient {
    const client: RoomClient = new RoomClient({
      ...this.#address,
      profile: { name: this.name },
      sessions: this.#sessions,
      outbox: this.#outbox,
      backoff: BACKOFF,
      WebSocket: this.#sockets.WebSocket,
      ...(position && { position }),
      listener: {
        sequenced: (events) => {
          if (client === this.#client) this.#apply(events);
        },
        restarted: (page) => {
          if (client === this.#client) this.steps.push({ start: page.position.offset });
        },
      },
    });
    return client;
  }

  #apply(events: readonly SequencedEvent[]): void {
    for (const applied of events) {
      this.steps.push({ applied });
      if (applied.cmd === "msg" && applied.data.from === this.userId) this.#unseen.delete(applied.data.msgId);
    }
  }

  /** What was applied lately: changes are made where people look. */
  #recent() {
    return this.steps.slice(-50).flatMap((step) => ("applied" in step ? [step.applied] : []));
  }

  #wish(deed: Deed): void {
    this.sent.push(deed);
    if (deed.cmd === "msg") this.#unseen.add(deed.msgId);
    const open = this.#inFlight;
    const answer = this.#ask(deed).then(
      ({ offset }) => {
        // A change that changes nothing is answered with the message's own place.
        if (deed.cmd === "msg" || offset !== deed.of) this.acknowledged.push({ deed, offset });
      },
      (error: Error) => {
        // LinkLost is the promise of a page that was loaded anew; the outbox goes on without it.
        if (deed.cmd !== "msg" || error instanceof LinkLost) return;
        this.#unseen.delete(deed.msgId);
        this.refusedPublications.push(`refused: ${deed.msgId} by ${this.name}: ${error.message}`);
      },
    );
    const settled = answer.finally(() => open.delete(settled));
    open.add(settled);
  }

  #ask(deed: Deed): Promise<{ readonly offset: number }> {
    switch (deed.cmd) {
      case "msg":
        return this.#client.publish({ msgId: deed.msgId, msg: deed.msg });
      case "edited":
        return this.#client.edit(deed.of, deed.msg);
      case "deleted":
        return this.#client.delete(deed.of);
      case "reacted":
        return this.#client.react(deed.of, deed.emoji, deed.on);
    }
  }
}

/**
 * A client of the native protocol, written from `design.md` alone: it keeps a position, resumes with it,
 * pulls what is too much to replay, settles its outbox from the replay and resends the rest with `tried`.
 *
 * It is credulous on purpose. It applies what it is sent in the order in which it is sent, and never asks
 * for a hole to be filled: a good client would heal a room that replays wrongly, and nobody would know.
 */
import { isSequenced, type RoomEvent, type SequencedEvent } from "../../src/protocol/events";
import { HEARTBEAT, type Reply } from "../../src/protocol/frame";
import type { Position } from "../../src/protocol/position";
import type { ChangeReply, GapReply, LoginReply } from "../../src/protocol/replies";
import type { Acknowledged, Deed, ReadingStep } from "../support/evidence";
import { commandOf } from "./command-of";
import type { Connect, Line } from "./line";
import { type Intent, ModelOutbox } from "./model-outbox";

type Response = Reply["response"];
type Answered = (response: Response) => void;

/** Refusals that a race between clients can bring: forbidden, gone, full. Only changes may meet them. */
const RACE_CODES: ReadonlySet<number> = new Set([1013, 1014, 1016]);
/** A connection on which nothing comes of a command for so long is dead. Long, because machines are shared. */
const SILENCE_MS = 3_000;

export class ModelClient {
  readonly name: string;
  readonly userId: string;
  /** What the judge is told: everything applied, wanted and acknowledged. */
  readonly steps: ReadingStep[] = [];
  readonly sent: Deed[] = [];
  readonly acknowledged: Acknowledged[] = [];
  /** What the contract does not allow: unexpected refusals and silences. */
  readonly surprises: string[] = [];

  readonly #room: string;
  readonly #connect: Connect;
  readonly #outbox = new ModelOutbox();
  readonly #published: Intent[] = [];
  /** Look whether what they wait for has come. */
  readonly #watchers = new Set<() => void>();
  #line: Line | undefined;
  #answers = new Map<string, { readonly cmd: string; readonly answered: Answered }>();
  #seq = 0;
  #position: Position | undefined;
  /** The offset up to which the replay goes; undefined before the login is answered. */
  #goal: number | undefined;
  #isCaughtUp = false;
  #isDeaf = false;
  #held: string[] | undefined;

  constructor(name: string, userId: string, room: string, connect: Connect) {
    this.name = name;
    this.userId = userId;
    this.#room = room;
    this.#connect = connect;
  }

  get isConnected(): boolean {
    return this.#line !== undefined;
  }

  /** True if nothing is under way: connected, everything applied that the login promised, nothing unsettled. */
  get isSettled(): boolean {
    return this.isConnected && this.#isCaughtUp && this.#outbox.isEmpty && this.#answers.size === 0;
  }

  get offset(): number {
    return this.#position?.offset ?? 0;
  }

  /** The sequenced events that this client has applied. */
  applied(): SequencedEvent[] {
    return this.steps.flatMap((step) => ("applied" in step ? [step.applied] : []));
  }

  /** Connects and logs in, with the position if there is one. The login is sent, not waited for. */
  async comeIn(): Promise<void> {
    if (this.#line !== undefined) return;
    let isOver = false;
    const events = {
      received: (frame: string) => this.#receive(frame),
      closed: () => {
        isOver = true;
        this.#lose();
      },
    };
    const line = await this.#connect(this.#room, events).catch(() => undefined);
    if (line === undefined || isOver) return;
    this.#line = line;
    const position = this.#position;
    const data = { userId: this.userId, name: this.userId, ...(position && { position }) };
    this.#ask("login", data, (response) => this.#loggedIn(response));
  }

  /** Ends the connection: 1001 as a reload or a lost network does, 1000 as a farewell. */
  cut(code: 1000 | 1001): void {
    const line = this.#line;
    this.#lose();
    line?.close(code);
  }

  /** Hears nothing any more on this connection, so that answers and events get lost. The cut comes later. */
  goDeaf(): void {
    this.#isDeaf = this.isConnected;
  }

  /** Keeps what it sends on the way, until `release`; a cut before that loses it. */
  hold(): void {
    if (this.isConnected) this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const frame of held) this.#line?.send(frame);
  }

  /** Wants something done: now if it can, else once it is back. */
  want(...deeds: readonly Deed[]): void {
    this.sent.push(...deeds);
    const intents = deeds.map((deed) => this.#outbox.add(deed));
    if (this.#isCaughtUp) this.#try(intents);
  }

  /** Wants something done, and says it twice in one breath: the second time it is done already. */
  stutter(deed: Deed): void {
    this.sent.push(deed);
    const intent = this.#outbox.add(deed);
    if (this.#isCaughtUp) this.#try([intent, intent]);
  }

  /** Sends a publication once more, though it may long be acknowledged: a frame that the network repeats. */
  repeat(choose: (published: readonly Intent[]) => Intent | undefined): void {
    const intent = choose(this.#published);
    if (intent !== undefined && this.#isCaughtUp) this.#try([intent]);
  }

  /** Asks for something that has nothing to do with the log; resolves with the answer, undefined if it was lost. */
  async query(cmd: string, data: unknown): Promise<unknown> {
    if (!this.isConnected) return undefined;
    let response: Response | undefined;
    this.#ask(cmd, data, (come) => {
      response = come;
    });
    await this.#until(() => response !== undefined || !this.isConnected);
    return response?.code === 200 ? response.data : undefined;
  }

  /**
   * Waits until everything is answered and applied, or the connection is lost. A connection on which an
   * answer does not come is cut, as the contract says; that is noted, unless this client was deaf.
   */
  async settle(): Promise<void> {
    if (this.#isDeaf) this.cut(1001);
    this.release();
    if (await this.#until(() => this.isSettled || !this.isConnected)) return;
    const open = Array.from(this.#answers.values(), ({ cmd }) => cmd).join(", ");
    this.surprises.push(`${this.name} waits at ${this.offset} for ${open || `offset ${this.#goal}`}`);
    this.cut(1001);
  }

  /** True as soon as it is, false if the connection stays silent. */
  #until(isTrue: () => boolean): Promise<boolean> {
    if (isTrue()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const end = (result: boolean) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve(result);
      };
      const look = () => {
        if (isTrue()) end(true);
      };
      const timer = setTimeout(() => end(false), SILENCE_MS);
      this.#watchers.add(look);
    });
  }

  #news(): void {
    for (const look of [...this.#watchers]) look();
  }

  #lose(): void {
    this.#line = undefined;
    this.#answers.clear();
    this.#goal = undefined;
    this.#isCaughtUp = false;
    this.#isDeaf = false;
    this.#held = undefined;
    this.#news();
  }

  #ask(cmd: string, data: unknown, answered: Answered): void {
    this.#send([this.#command(cmd, data, answered)]);
  }

  #command(cmd: string, data: unknown, answered: Answered): string {
    this.#seq += 1;
    const seq = String(this.#seq);
    this.#answers.set(seq, { cmd, answered });
    return JSON.stringify({ seq, cmd, data });
  }

  /** Several commands share a frame. */
  #send(commands: readonly string[]): void {
    const frame = commands.join("\n");
    if (this.#held !== undefined) this.#held.push(frame);
    else this.#line?.send(frame);
  }

  #receive(frame: string): void {
    if (this.#isDeaf) return;
    for (const text of frame.split("\n")) {
      const envelope = JSON.parse(text) as Reply | RoomEvent;
      if ("response" in envelope) this.#answer(envelope);
      else if (isSequenced(envelope)) this.#apply(envelope);
      else if (envelope.cmd === "probe") this.#send([HEARTBEAT]);
      else if (envelope.cmd === "sync") this.#ask("ack", { offset: this.offset }, () => undefined);
    }
    this.#news();
  }

  #answer({ seq, response }: Reply): void {
    const waiting = this.#answers.get(seq);
    this.#answers.delete(seq);
    waiting?.answered(response);
  }

  #loggedIn(response: Response): void {
    if (response.code !== 200) {
      this.surprises.push(`${this.name} was refused: ${JSON.stringify(response)}`);
      this.cut(1001);
      return;
    }
    const { position, recovered, more } = response.data as LoginReply;
    if (recovered !== true) {
      this.#position = position;
      this.steps.push({ start: position.offset });
    }
    this.#goal = position.offset;
    if (more) this.#pull();
    else this.#resumeIfThere();
  }

  /** Fetches what was too much to be replayed. Live events wait in the room until there is no more. */
  #pull(): void {
    this.#ask("gap", { after: this.offset, limit: 5 }, ({ code, data }) => {
      if (code !== 200) {
        this.surprises.push(`${this.name} asked for what follows ${this.offset} and got ${code}`);
        return;
      }
      const { events, more } = data as GapReply;
      for (const event of events) this.#apply(event);
      if (more) this.#pull();
      else this.#resumeIfThere();
    });
  }

  #apply(event: SequencedEvent): void {
    const { offset } = event.data;
    this.steps.push({ applied: event });
    if (this.#position !== undefined && offset > this.#position.offset) {
      this.#position = { ...this.#position, offset };
    }
    if (event.data.from === this.userId) {
      const intent = this.#outbox.settleBy(event);
      if (intent !== undefined) this.acknowledged.push({ deed: intent.deed, offset });
    }
    this.#resumeIfThere();
  }

  /** After the replay: it has settled what had arrived, and the rest is sent again, in order. */
  #resumeIfThere(): void {
    if (this.#isCaughtUp || this.#goal === undefined || this.offset < this.#goal) return;
    this.#isCaughtUp = true;
    this.#try(this.#outbox.waiting());
  }

  #try(intents: readonly Intent[]): void {
    if (intents.length === 0) return;
    const commands = intents.map((intent) => {
      const { cmd, data } = commandOf(intent.deed, intent.tried);
      if (intent.tried === undefined && intent.deed.cmd === "msg") this.#published.push(intent);
      intent.tried ??= this.#position;
      return this.#command(cmd, data, (response) => this.#settled(intent, response));
    });
    this.#send(commands);
  }

  #settled(intent: Intent, { code, data }: Response): void {
    const { deed } = intent;
    this.#outbox.settle(intent);
    if (code === 200) {
      const { offset, repeated } = data as ChangeReply;
      // A change that says what the message said from the start is answered with the message's own place.
      const changedNothing = deed.cmd !== "msg" && repeated && offset === deed.of;
      if (!changedNothing) this.acknowledged.push({ deed, offset });
    } else if (deed.cmd === "msg" || !RACE_CODES.has(code)) {
      this.surprises.push(`${this.name} was refused ${JSON.stringify(deed)}: ${code}`);
    }
  }
}

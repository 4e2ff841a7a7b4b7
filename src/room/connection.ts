import type { Dialect } from "../dialects/dialect";
import { dialectNamed } from "../dialects/registry";
import type { Meter } from "../durable/meter";
import type { Language } from "../protocol/codes";
import type { Command } from "../protocol/frame";
import type { Refusal } from "../protocol/refusal";
import type { Verb } from "../protocol/verbs";
import { type Attachment, type OnlineUser, type Passport, readAttachment, type Standing } from "./attachment";
import { Frame } from "./frame";
import type { Identity } from "./identity";
import { RefusalFlood } from "./refusal-flood";
import { Unread } from "./unread";

/**
 * One socket of one user (or of nobody yet): what the room knows of it between two frames.
 *
 * What must outlive hibernation goes through `save`; the rest may be forgotten, because it only matters
 * while frames keep coming.
 */
export class Connection {
  readonly socket: WebSocket;
  readonly id: string;
  readonly dialect: Dialect;
  readonly language: Language;
  readonly connectedAt: number;
  seenAt: number;
  probedAt = 0;
  rosterVersion = 0;
  /** The room's counts, while this is the one that carries them; empty on all others. */
  meter: readonly number[];
  /** It asks for what it missed, page by page; live sequenced events wait until it has all. */
  isPulling = false;
  user: OnlineUser | null = null;
  readonly address: string;
  passport: Passport | null;
  spent: readonly number[];
  userSpent: readonly number[];
  #standing: Standing;
  /** Whether it is told who comes and goes. Kept apart, because every flush asks. */
  #hearsPresence: boolean;
  /** The token of the upgrade's Authorization, for a login that brings none. Forgotten in hibernation. */
  bearer: string | undefined;
  /** Who asked to come in and was not let: may still join by a secret. Forgotten in hibernation. */
  applicant: Identity | undefined;
  /** How much was sent that the client has not said it has read. */
  readonly unread = new Unread();
  readonly refusals = new RefusalFlood();
  /** Envelopes that came while an earlier one still waits for something; null while nothing waits. */
  waiting: (Command | Refusal)[] | null = null;

  /** Frames of more than so many bytes go out as gzip. */
  gzipAbove: number;
  readonly #traffic: Traffic;

  /** `traffic`: where what it is sent is counted. */
  constructor(socket: WebSocket, attachment: Attachment, traffic: Traffic) {
    this.socket = socket;
    this.#traffic = traffic;
    this.gzipAbove = attachment.gzipAbove ?? Number.POSITIVE_INFINITY;
    this.id = attachment.id;
    this.dialect = dialectNamed(attachment.dialect);
    this.language = attachment.language;
    this.connectedAt = attachment.connectedAt;
    this.seenAt = attachment.seenAt;
    this.probedAt = attachment.probedAt;
    this.rosterVersion = attachment.rosterVersion;
    this.user = attachment.user;
    this.isPulling = attachment.isPulling ?? false;
    this.address = attachment.address ?? "";
    this.passport = attachment.passport ?? null;
    this.spent = attachment.spent ?? [];
    this.userSpent = attachment.userSpent ?? [];
    this.meter = attachment.meter ?? [];
    this.#standing = attachment.standing ?? (this.user === null ? NO_STANDING : OLD_STANDING);
    this.#hearsPresence = this.can("presence");
  }

  /** The connection of a socket that comes out of hibernation; undefined if another version left it. */
  static awaken(socket: WebSocket, traffic: Traffic): Connection | undefined {
    const attachment = readAttachment(socket.deserializeAttachment());
    return attachment === undefined ? undefined : new Connection(socket, attachment, traffic);
  }

  /** Writes what must outlive hibernation into the socket's attachment. Not a storage write. */
  save(): void {
    this.socket.serializeAttachment({
      v: 1,
      id: this.id,
      dialect: this.dialect.name,
      language: this.language,
      connectedAt: this.connectedAt,
      seenAt: this.seenAt,
      probedAt: this.probedAt,
      user: this.user,
      rosterVersion: this.rosterVersion,
      isPulling: this.isPulling,
      address: this.address,
      standing: this.#standing,
      spent: this.spent,
      userSpent: this.userSpent,
      ...(this.passport && { passport: this.passport }),
      ...(this.meter.length > 0 && { meter: this.meter }),
      ...(this.takesGzip && { gzipAbove: this.gzipAbove }),
    } satisfies Attachment);
  }

  get standing(): Standing {
    return this.#standing;
  }

  set standing(standing: Standing) {
    this.#standing = standing;
    this.#hearsPresence = this.can("presence");
  }

  can(verb: Verb): boolean {
    return this.#standing.can.includes(verb);
  }

  get hearsPresence(): boolean {
    return this.#hearsPresence;
  }

  /** Belongs to a user from now on. `isPulling`: there is more to replay than one answer can hold. */
  logIn(user: OnlineUser, passport: Passport, standing: Standing, now: number, isPulling: boolean): void {
    this.user = user;
    this.passport = passport;
    this.standing = standing;
    this.applicant = undefined;
    this.seenAt = now;
    this.isPulling = isPulling;
    this.save();
  }

  /** Takes the user out of what the socket carries through hibernation. */
  disown(): void {
    this.user = null;
    this.save();
  }

  /** It has everything up to the end of the log: live events go on from there. */
  endPulling(): void {
    if (!this.isPulling) return;
    this.isPulling = false;
    this.save();
  }

  /** Whether it has asked for large frames to be compressed. */
  get takesGzip(): boolean {
    return this.gzipAbove !== Number.POSITIVE_INFINITY;
  }

  /** Sends a frame of its own. */
  send(text: string): void {
    this.sendFrame(new Frame(text, 0));
  }

  /** Sends a frame that others may be sent too. A dead socket is skipped: its close event cleans up. */
  sendFrame(frame: Frame): void {
    const packed = frame.bytes > this.gzipAbove ? frame.packed : undefined;
    const bytes = packed?.length ?? frame.bytes;
    this.unread.sent(bytes);
    this.#traffic.frames += 1;
    this.#traffic.bytesSent += bytes;
    try {
      this.socket.send(packed ?? frame.text);
    } catch {
      // `send` throws after `close`; there is nobody to tell.
    }
  }
}

type Traffic = Pick<Meter, "frames" | "bytesSent">;

const NO_STANDING: Standing = { role: null, can: [], mute: null };

/** Of a socket that logged in before there were verbs, when every room was everybody's. */
const OLD_STANDING: Standing = {
  role: null,
  can: ["read", "publish", "presence", "history"],
  mute: null,
};

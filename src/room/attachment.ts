import type { DialectName } from "../dialects/dialect";
import { isDialectName } from "../dialects/registry";
import type { Claims } from "../durable/claims";
import type { Language } from "../protocol/codes";
import type { Role, Verb } from "../protocol/verbs";

/**
 * What a socket carries through hibernation, and through a deploy: hence the version.
 *
 * At most 16,384 bytes by the platform's rule; ours stays under 1 KB, and under 4 KB on the one that carries
 * the room's counts.
 */
export type Attachment = {
  readonly v: 1;
  readonly id: string;
  readonly dialect: DialectName;
  readonly language: Language;
  readonly connectedAt: number;
  /** The last sign of life that JavaScript saw: the login or a heartbeat. */
  readonly seenAt: number;
  /** When this connection was asked for a sign of life; 0 if it is not under suspicion. */
  readonly probedAt: number;
  /** Who logged in; null before. */
  readonly user: OnlineUser | null;
  /** The roster's version, on the one connection that carries it for the room; 0 on all others. */
  readonly rosterVersion: number;
  /** Whether it is still pulling what it missed, and live sequenced events wait for it. Absent: no. */
  readonly isPulling?: boolean;
  /** Hashes of the address that it came from, newest key first; absent where none is known. */
  readonly address?: string;
  /** What its login proved; absent before. */
  readonly passport?: Passport;
  readonly standing?: Standing;
  /** How much of its rates is spent, and of its user's: see `rates.ts`. Absent: nothing. */
  readonly spent?: readonly number[];
  readonly userSpent?: readonly number[];
  /** What the room has counted, on the one connection that carries it for the room. Absent on the others. */
  readonly meter?: readonly number[];
  /** Frames of more than so many bytes go to it as gzip. Absent: none. */
  readonly gzipAbove?: number;
};

/** What a verified token or session said, as far as it matters after the login. */
export type Passport = Pick<Claims, "isGuest" | "tokenId" | "issuedAt" | "expiresAt"> & {
  /** The verbs that the token grants in this room; null if it does not say. */
  readonly grants: readonly Verb[] | null;
  /** The client was told that this runs out. */
  readonly isNoticed: boolean;
};

/** What a user may do here, as it was last worked out. A change of rules, roles or sanctions works it out anew. */
export type Standing = {
  readonly role: Role | null;
  readonly can: readonly Verb[];
  readonly mute: { readonly untilMs: number | null; readonly reason: string } | null;
};

/** A user as one of its connections introduced it. */
export type OnlineUser = {
  readonly userId: string;
  readonly name: string;
  readonly avatar: string;
  readonly since: number;
};

/** Reads what `serializeAttachment` kept; undefined if it is of a version that this code does not know. */
export function readAttachment(value: unknown): Attachment | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const attachment = value as Partial<Attachment>;
  return attachment.v === 1 && isDialectName(attachment.dialect) ? (attachment as Attachment) : undefined;
}

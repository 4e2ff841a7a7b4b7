import type { DialectName } from "../dialects/dialect";
import { isDialectName } from "../dialects/registry";
import type { Language } from "../protocol/codes";

/**
 * What a socket carries through hibernation, and through a deploy: hence the version.
 *
 * At most 16,384 bytes by the platform's rule; ours stays under 1 KB.
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

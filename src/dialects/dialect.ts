import type { Language } from "../protocol/codes";
import type { RoomEvent } from "../protocol/events";
import type { Command } from "../protocol/frame";
import type { Refusal } from "../protocol/refusal";

/**
 * A codec between one kind of client's frames and the room's commands and events.
 *
 * The room knows commands and events only; what differs between kinds of clients is here, as values. A
 * dialect keeps no state, so one instance serves every room.
 */
export type Dialect = {
  readonly name: DialectName;
  /** The commands that its clients may send; null for all that the room has. */
  readonly commands: ReadonlySet<string> | null;
  /** Joins several envelopes into one WebSocket frame; null where a frame holds exactly one. */
  readonly separator: string | null;
  /** Whether the room may ask its clients things: `probe` when they are quiet, `sync` when they may be slow. */
  readonly asks: boolean;
  /**
   * Whether its user ids are whatever the client says, as in the original, which had no identity.
   * Such clients exist only in the rooms of APP_IDS.
   */
  readonly trusting: boolean;
  /** The envelopes of one frame, in order; a refusal stands for what could not be read as one. */
  decode(frame: string): readonly (Command | Refusal)[];
  /** An accepted command's answer. */
  encodeSuccess(command: CommandName, value: unknown): string;
  /** A refused command's answer. For what could not be read, seq and cmd are empty. */
  encodeRefusal(command: CommandName, refusal: Refusal, language: Language): string;
  /** An event as one envelope; null if this kind of client has no word for it. */
  encodeEvent(event: RoomEvent): string | null;
};

export type DialectName = "roomcast.v1" | "acc";

/** What an answer repeats, so that the asker can match it. */
export type CommandName = Pick<Command, "seq" | "cmd">;

/** Stands for the command in the answer to a frame that could not be read. */
export const UNREADABLE: CommandName = { seq: "", cmd: "" };

/** The header in which the Worker tells a room which dialect a socket speaks. */
export const DIALECT_HEADER = "x-roomcast-dialect";

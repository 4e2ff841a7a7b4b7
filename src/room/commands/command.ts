import type { output, ZodMiniType } from "zod/mini";
import type { CloseCode } from "../../protocol/close-codes";
import type { Command } from "../../protocol/frame";
import { Refusal } from "../../protocol/refusal";
import type { Verb } from "../../protocol/verbs";
import type { Connection } from "../connection";
import type { RoomParts } from "../parts";
import type { Rated } from "../rates";

/** One thing that a client can ask of a room. Each is a file in this folder, listed in the registry. */
export type CommandHandler<Schema extends ZodMiniType = ZodMiniType> = {
  readonly cmd: string;
  /** Whether only those who have logged in may ask. */
  readonly needsLogin: boolean;
  /** Which rate it counts against. */
  readonly rated: Rated;
  /** The verb that it needs; nothing for what everybody in the room may do, or where `run` decides. */
  readonly verb?: Verb;
  /** What its data must look like; no data is the same as an empty object. */
  readonly schema: Schema;
  /** Does it. A promise holds back the connection's later frames until it settles. */
  run(request: Request, data: output<Schema>): Outcome | Promise<Outcome>;
};

/** Ties the type of a command's data to its schema. */
export function command<Schema extends ZodMiniType>(handler: CommandHandler<Schema>): CommandHandler<Schema> {
  return handler;
}

/** The outcome of something that is either done, with a value, or refused. */
export function answered(result: unknown): Outcome {
  return result instanceof Refusal ? result : { value: result };
}

export type Request = {
  readonly room: RoomParts;
  readonly connection: Connection;
  readonly command: Command;
  /** Ms since 1970, the same for everything in one turn. */
  readonly now: number;
};

/**
 * What a command comes to: an answer with a value, a refusal, or nothing now because a flush will
 * answer. `after` runs when the answer has been sent.
 */
export type Outcome =
  | { readonly value: unknown; readonly after?: () => void }
  | Refusal
  | Rejected
  | typeof ANSWERED_LATER;

/** A refusal after which there is nothing left to say: it is answered, then the connection is closed. */
export type Rejected = { readonly refusal: Refusal; readonly closeWith: CloseCode };

/** The flush that writes it answers. */
export const ANSWERED_LATER = Symbol("answered later");

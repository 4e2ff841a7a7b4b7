import type { Context } from "hono";
import type { RequestIdVariables } from "hono/request-id";
import type { Caller } from "../durable/claims";
import { Credentials } from "../durable/credentials";
import { createLog, type Log } from "../durable/log";
import { objectNamed } from "../durable/objects";
import { signingSecret } from "../durable/secret";
import { Sessions } from "../durable/sessions";
import { readSettings, type Settings } from "../durable/settings";
import { Tokens } from "../durable/tokens";
import { CODE } from "../protocol/codes";
import { canonicalName, nameFault } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import { type ApiKey, type KnownKey, readApiKeys } from "./api-keys";
import { Refused } from "./errors";

/** What every route of the Worker has at hand. It owns no state: everything here comes from the environment. */
export type Edge = {
  Bindings: Env;
  Variables: RequestIdVariables & {
    settings: Settings;
    log: Log;
    /** Behind `requireCaller` only. */
    caller: Caller;
    /** The key that was given; undefined for a user. */
    apiKey: ApiKey | undefined;
  };
};

export type EdgeContext = Context<Edge>;

type Configuration = {
  readonly settings: Settings;
  /** What is wrong with variables, each as a sentence for whoever deploys. */
  readonly faults: readonly { readonly name: string; readonly reason: string }[];
  readonly log: Log;
  readonly keys: readonly KnownKey[];
  readonly credentials: Credentials;
};

const configurations = new WeakMap<Env, Configuration>();

/** The settings of this deployment, read once per isolate. */
export function configuration(env: Env): Configuration {
  let known = configurations.get(env);
  if (known === undefined) {
    const { settings, faults } = readSettings(env);
    const apiKeys = readApiKeys(env);
    known = {
      settings,
      faults: [...faults, ...apiKeys.faults],
      log: createLog(settings.LOG_LEVEL, "worker"),
      keys: apiKeys.keys,
      credentials: new Credentials(settings, new Sessions(() => signingSecret(env)), new Tokens(settings)),
    };
    configurations.set(env, known);
  }
  return known;
}

/** Whether the path can be decoded; where it cannot, its pieces would be taken as they stand. */
export function isWellEncoded(c: EdgeContext): boolean {
  try {
    return decodeURIComponent(new URL(c.req.url).pathname) !== "";
  } catch {
    return false;
  }
}

/** The object of the room that the route names. */
export function roomOf(c: EdgeContext) {
  if (!isWellEncoded(c)) {
    throw new Refused(new Refusal(CODE.badParameter, "the address is not well encoded", { field: "room" }));
  }
  return roomNamed(c, roomName(c.req.param("room") ?? ""));
}

export function roomNamed(c: EdgeContext, name: string) {
  const { JURISDICTION } = c.get("settings");
  try {
    return objectNamed(c.env.ROOM, name, JURISDICTION);
  } catch (cause) {
    c.get("log")("error", "a room was not to be had", { requestId: c.get("requestId"), cause });
    const reason = `JURISDICTION=${JURISDICTION} is not to be had here`;
    throw new Refused(new Refusal(CODE.systemError, reason, { field: "JURISDICTION" }));
  }
}

/** The canonical name of a room; refused with the fault if it can be none. */
export function roomName(given: string): string {
  const fault = nameFault(given);
  if (fault !== undefined)
    throw new Refused(new Refusal(CODE.badParameter, `room ${fault}`, { field: "room" }));
  return canonicalName(given);
}

import { CODE } from "../protocol/codes";
import type { Position } from "../protocol/position";
import type { LoginReply } from "../protocol/replies";
import { CommandRefused } from "./command-errors";
import type { SessionStore } from "./sessions";

/** How a person appears in the room. `avatar` is a path on the room's own origin. */
export type Profile = { readonly name: string; readonly avatar?: string };

/** What a login says beside the proof of who it is. JSON leaves out what is undefined. */
export type LoginData = Profile & {
  readonly userId: string | undefined;
  readonly position: Position | undefined;
  /** The secret of an invitation: joins first. */
  readonly invite: string | undefined;
  /** Large frames may come as gzip. */
  readonly gzip: true | undefined;
};

/** How a person proves who they are: `getToken` if the application knows them, a guest's session if not. */
export type Credentials = {
  readonly sessions: SessionStore;
  readonly getToken: (() => Promise<string>) | undefined;
};

/** The application could not give a token just now: its own server may be away. */
export class TokenUnavailable extends Error {
  override readonly name = "TokenUnavailable";
}

/** Logs in with a new token of the application's, or as the guest of the kept session. */
export async function logIn(
  send: (data: unknown) => Promise<LoginReply>,
  login: LoginData,
  { sessions, getToken }: Credentials,
): Promise<LoginReply> {
  if (getToken === undefined) return logInAsGuest(send, login, sessions);
  const token = await getToken().catch((cause: unknown) => {
    throw new TokenUnavailable("getToken was rejected.", { cause });
  });
  return send({ ...login, token });
}

/**
 * A session that the room does not accept (expired, or another server's secret) is dropped, and the person
 * becomes a new guest: once, so that a room that accepts nobody is not asked for ever.
 */
async function logInAsGuest(
  send: (data: unknown) => Promise<LoginReply>,
  login: LoginData,
  sessions: SessionStore,
): Promise<LoginReply> {
  const token = sessions.load()?.token;
  const reply = await (token === undefined ? send(login) : send({ ...login, token }).catch(retryWithout));
  if (reply.session !== undefined) sessions.save({ userId: reply.userId, token: reply.session });
  return reply;

  function retryWithout(error: unknown): Promise<LoginReply> {
    if (!(error instanceof CommandRefused && error.code === CODE.unauthorized)) throw error;
    sessions.drop();
    return send(login);
  }
}

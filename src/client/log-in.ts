import type { LoginReply } from "../protocol/replies";
import { CommandRefused } from "./command-errors";
import type { SessionStore } from "./sessions";

/** How a person appears in the room. `avatar` is a path on the room's own origin. */
export type Profile = { readonly name: string; readonly avatar?: string };

const UNAUTHORIZED = 1003;

/**
 * Logs in as the guest of the kept session, and keeps the new one. A session that the room does not accept
 * (expired, or another server's secret) is dropped, and the person becomes a new guest: once, so that a
 * room that accepts nobody is not asked for ever.
 */
export async function logIn(
  send: (data: unknown) => Promise<LoginReply>,
  profile: Profile,
  sessions: SessionStore,
): Promise<LoginReply> {
  const token = sessions.load();
  const login = token === undefined ? send(profile) : send({ ...profile, token }).catch(retryWithout);
  const reply = await login;
  if (reply.session !== undefined) sessions.save(reply.session);
  return reply;

  function retryWithout(error: unknown): Promise<LoginReply> {
    if (!(error instanceof CommandRefused && error.code === UNAUTHORIZED)) throw error;
    sessions.drop();
    return send(profile);
  }
}

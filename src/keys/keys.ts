import { DurableObject } from "cloudflare:workers";

/**
 * The deployment's keeper of secrets: one object, asked once per isolate.
 *
 * It makes what nobody configured. It must not know rooms or users.
 */
export class Keys extends DurableObject<Env> {
  /** The random secret that signs sessions when SESSION_SECRET is not set. Made once, at first asking. */
  async sessionSecret(): Promise<string> {
    const { kv } = this.ctx.storage;
    const kept = kv.get<string>("session-secret");
    if (kept !== undefined) return kept;
    const made = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
    kv.put("session-secret", made);
    return made;
  }
}

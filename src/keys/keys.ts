import { DurableObject } from "cloudflare:workers";
import type { AddressKeys } from "../durable/address-keys";
import { readSettings } from "../durable/settings";
import { type DatedKey, living, nextEnd, turned } from "./key-ring";

/**
 * The deployment's keeper of secrets: one object, asked once per isolate.
 *
 * It makes what nobody configured, and forgets what has had its time. It must not know rooms or users.
 */
export class Keys extends DurableObject<Env> {
  /** The random secret that signs sessions when SESSION_SECRET is not set. Made once, at first asking. */
  async sessionSecret(): Promise<string> {
    const { kv } = this.ctx.storage;
    const kept = kv.get<string>("session-secret");
    if (kept !== undefined) return kept;
    const made = randomKey();
    kv.put("session-secret", made);
    return made;
  }

  /** The keys that hash addresses at this moment, and until when they are to be used. */
  async addressKeys(): Promise<AddressKeys> {
    const now = Date.now();
    const periodMs = this.#periodMs();
    const ring = turned(this.#ring(), now, periodMs, randomKey);
    await this.#keep(ring, periodMs);
    const [current, previous] = ring;
    const ends = [current.madeAt + periodMs, nextEnd(ring, periodMs) ?? Number.POSITIVE_INFINITY];
    return { current: current.key, previous: previous?.key ?? null, until: Math.min(...ends) };
  }

  /** Forgets old keys in a deployment that nobody uses, too. */
  override async alarm(): Promise<void> {
    const periodMs = this.#periodMs();
    await this.#keep(living(this.#ring(), Date.now(), periodMs), periodMs);
  }

  #ring(): readonly DatedKey[] {
    return this.ctx.storage.kv.get<readonly DatedKey[]>(RING) ?? [];
  }

  /** Writes only what changed: isolates come and ask many times a period. */
  async #keep(ring: readonly DatedKey[], periodMs: number): Promise<void> {
    const { storage } = this.ctx;
    if (ring.length === 0) storage.kv.delete(RING);
    else if (JSON.stringify(ring) !== JSON.stringify(this.#ring())) storage.kv.put(RING, ring);
    const end = nextEnd(ring, periodMs);
    // Asked again each time: another ADDRESS_KEY_MS moves the end of keys that are there already.
    if (end !== undefined && (await storage.getAlarm()) !== end) await storage.setAlarm(end);
  }

  #periodMs(): number {
    return readSettings(this.env).settings.ADDRESS_KEY_MS;
  }
}

const RING = "address-keys";

function randomKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
}

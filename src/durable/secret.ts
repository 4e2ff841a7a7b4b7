import { objectNamed } from "./objects";

/**
 * The deployment's signing secret: SESSION_SECRET, or the random one that the Keys object made and keeps,
 * so that a bare deploy serves a working page.
 *
 * Kept for the life of the isolate: it never changes while the same code and variables run.
 */

type SecretSource = Pick<Env, "SESSION_SECRET" | "JURISDICTION" | "KEYS">;

let kept: { readonly configured: string; readonly secret: Promise<Uint8Array> } | undefined;

/** Fails when the Keys object cannot be reached; the next call tries again. */
export function signingSecret(env: SecretSource): Promise<Uint8Array> {
  const configured = env.SESSION_SECRET ?? "";
  if (kept?.configured !== configured) kept = { configured, secret: obtain(env, configured) };
  return kept.secret;
}

async function obtain(env: SecretSource, configured: string): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  if (configured !== "") return encoder.encode(configured);
  try {
    return encoder.encode(await objectNamed(env.KEYS, "keys", env.JURISDICTION ?? "").sessionSecret());
  } catch (cause) {
    kept = undefined;
    throw new Error("the Keys object did not give the session secret", { cause });
  }
}

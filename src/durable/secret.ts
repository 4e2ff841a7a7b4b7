import { objectNamed } from "./objects";

/**
 * The deployment's signing secret: SESSION_SECRET, or the random one that the Keys object made and keeps,
 * so that a bare deploy serves a working page.
 *
 * Kept for the life of the isolate once it is known. Only the value is kept and never a promise: one that
 * was begun for a request that has gone would never settle, for anybody.
 */

type SecretSource = Pick<Env, "SESSION_SECRET" | "JURISDICTION" | "KEYS">;

let made: string | undefined;

/** Fails when the Keys object cannot be reached; the next call tries again. */
export async function signingSecret(env: SecretSource): Promise<Uint8Array> {
  const configured = env.SESSION_SECRET ?? "";
  if (configured === "" && made === undefined) made = await askKeys(env);
  return new TextEncoder().encode(configured === "" ? made : configured);
}

async function askKeys({ KEYS, JURISDICTION }: SecretSource): Promise<string> {
  try {
    return await objectNamed(KEYS, "keys", JURISDICTION ?? "").sessionSecret();
  } catch (cause) {
    throw new Error("the Keys object did not give the session secret", { cause });
  }
}

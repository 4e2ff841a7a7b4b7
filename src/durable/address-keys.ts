import { objectNamed } from "./objects";

/**
 * The rotating keys under which addresses are hashed. The Keys object makes and forgets them.
 *
 * Kept by the isolate until their end, and never longer: a copy here must not outlive the original. Only
 * values are kept and never a promise: one that was begun for a request that has gone would never settle.
 */
export type AddressKeys = {
  readonly current: string;
  /** The key of the period before, while it is known; for what was hashed then. */
  readonly previous: string | null;
  /** When they have to be asked for again. Ms since 1970. */
  readonly until: number;
};

type KeySource = Pick<Env, "JURISDICTION" | "KEYS">;

let known: AddressKeys | undefined;
let restsUntil = 0;

/** Fails when the Keys object does not answer in time; for some seconds after that it is not asked again. */
export async function addressKeys(env: KeySource, now: number): Promise<AddressKeys> {
  if (known !== undefined && now < known.until) return known;
  known = undefined;
  if (now < restsUntil) throw new Error("the Keys object did not give the address keys a moment ago");
  try {
    const asked: Promise<AddressKeys> = objectNamed(env.KEYS, "keys", env.JURISDICTION ?? "").addressKeys();
    known = await withinPatience(asked);
    return known;
  } catch (cause) {
    restsUntil = now + REST_MS;
    throw new Error("the Keys object did not give the address keys", { cause });
  }
}

/** Everybody who comes through this isolate waits for the first answer; without one they are let in anyway. */
const PATIENCE_MS = 2_000;
const REST_MS = 5_000;

async function withinPatience<Value>(asked: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Roomcast as it is measured: what `wrangler deploy` would upload, with every limit out of the way. */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { bundleFolder, setup } from "../../test/support/bundle.ts";
import { RATES_OFF } from "../../test/support/rates-off.ts";

/** The key of every Roomcast that this process starts. */
export const API_KEY = `rck_${randomBytes(24).toString("base64url")}`;

let made: Promise<string> | undefined;

/** The folder with the bundle: made by the first who asks, and removed when this process exits. */
export async function roomcastBundle(): Promise<string> {
  made ??= makeBundle();
  return made;
}

async function makeBundle(): Promise<string> {
  const isOurs = (await setup()) !== undefined;
  const folder = bundleFolder();
  if (isOurs) process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Rates are counted, kept and never reached: what they cost belongs to what is measured. */
const NEVER_REACHED = Object.fromEntries(
  [...Object.keys(RATES_OFF), "ROOM_RATE"].map((name) => [name, "999999/999999"]),
);

/** Its variables: everybody may come, as often and as many as they like, and say as much. */
export function roomcastVars(vars: Readonly<Record<string, string>>): Record<string, string> {
  return {
    AUTH: "open",
    SEED_ROUTES: "open",
    LOG_LEVEL: "error",
    SESSION_SECRET: randomBytes(32).toString("base64url"),
    API_KEYS: API_KEY,
    GRAVATAR_URL: "none",
    MAX_CONNECTIONS: "20000",
    WAITING_CONNECTIONS: "20000",
    USER_CONNECTIONS: "20000",
    ADDRESS_CONNECTIONS: "20000",
    ...NEVER_REACHED,
    ...vars,
  };
}

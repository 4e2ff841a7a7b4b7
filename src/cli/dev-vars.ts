/** `.dev.vars`: the settings and secrets of the server on this machine. Git ignores it. */
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

/**
 * Writes the settings for local play if there are none: anybody may log in under any name, and the
 * original's routes are open. The file holds secrets, so only its owner may read it. One that exists is
 * left alone.
 */
export function ensureDevVars(path: string): { readonly made: boolean } {
  const lines = [
    "# Settings of `npm start` on this machine. Remove the file to get new ones.",
    `SESSION_SECRET=${randomBytes(32).toString("base64url")}`,
    `API_KEYS=rck_${randomBytes(24).toString("base64url")}`,
    "AUTH=open",
    "SEED_ROUTES=open",
    "LOG_LEVEL=warn",
  ];
  try {
    // "wx" refuses to write over a file, also over one that appears at this moment.
    writeFileSync(path, `${lines.join("\n")}\n`, { flag: "wx", mode: 0o600 });
    return { made: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return { made: false };
    throw error;
  }
}

/** The first of the API keys in the file, without its scopes. Undefined if the file names none. */
export function firstApiKey(path: string): string | undefined {
  const [, value] = /^\s*API_KEYS\s*=\s*(.*?)\s*$/m.exec(readFileSync(path, "utf8")) ?? [];
  const keys = value?.replace(/^(["'])(.*)\1$/, "$2");
  return /^[^\s,:]+/.exec(keys ?? "")?.[0];
}

/** `.dev.vars`: the settings and secrets of the server on this machine. Git ignores it. */
import { randomBytes } from "node:crypto";
import { readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** Only its owner may read it. */
const MODE = 0o600;

/**
 * Writes the settings for local play if there are none: anybody may log in under any name, and the
 * original's routes are open. The file holds secrets, so only its owner may read it. One that exists is
 * left alone.
 */
export function ensureDevVars(path: string): { readonly made: boolean } {
  const lines = [
    "# Settings of `npm start` on this machine. Remove the file to get new ones.",
    `SESSION_SECRET=${newSecret()}`,
    `TOKEN_SECRET=${newSecret()}`,
    `API_KEYS=rck_${randomBytes(24).toString("base64url")}`,
    "AUTH=open",
    "SEED_ROUTES=open",
    "LOG_LEVEL=warn",
  ];
  try {
    // "wx" refuses to write over a file, also over one that appears at this moment.
    writeFileSync(path, `${lines.join("\n")}\n`, { flag: "wx", mode: MODE });
    return { made: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return { made: false };
    throw error;
  }
}

/** 256 random bits, as text. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** The first of the API keys in the file, without its scopes. Undefined if it names none, or only hashes. */
export function firstApiKey(path: string): string | undefined {
  const keys = (readDevVars(path).get("API_KEYS") ?? "")
    .split(",")
    .map((entry) => entry.trim().split(":")[0]);
  return keys.find((key) => key !== "" && !key?.startsWith("sha256."));
}

/** Every variable of the file, read as wrangler reads them; none if there is no file. */
export function readDevVars(path: string): ReadonlyMap<string, string> {
  const variables = Object.entries(parseEnv(readText(path)));
  return new Map(variables.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Adds a variable as the last line; one that stands further up is overruled by it. */
export function addDevVar(path: string, name: string, value: string): void {
  const text = readText(path);
  const separator = text === "" || text.endsWith("\n") ? "" : "\n";
  rewrite(path, `${text}${separator}${name}=${value}\n`);
}

/** Takes a variable out; every other line stays as it is. */
export function removeDevVar(path: string, name: string): void {
  const lines = readText(path).split(/(?<=\n)/);
  const assigns = new RegExp(`^\\s*(export\\s+)?${name}\\s*=`);
  rewrite(path, lines.filter((line) => !assigns.test(line)).join(""));
}

/** A file is there in full or not at all, so that a crash does not cost the other secrets. */
function rewrite(path: string, text: string): void {
  const file = realPath(path);
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, text, { flag: "wx", mode: MODE });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Where a link leads: renaming over the link would leave the file behind it as it was. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

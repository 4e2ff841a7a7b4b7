/**
 * `npm run token`: signs a user token, as the adopter's own server would, to try things out.
 *
 * Signs with TOKEN_SECRET of the environment or of `.dev.vars`; the server of `npm start` reads the same
 * file, and so believes it. stdout is the token and nothing else: TOKEN=$(npm run --silent token -- …).
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SignJWT } from "jose";
import { Complaint, runCommand } from "./complaint.ts";
import { addDevVar, ensureDevVars, newSecret, readDevVars } from "./dev-vars.ts";

const USAGE = `npm run token -- --user ann [options]

  --user ID         who the token is for
  --name NAME       the display name that it vouches for
  --rooms GRANT     what it allows, and where: 'support-*:read+publish'. Can be given several times.
                    Verbs: read, publish, presence, history, moderate. Without it the rooms' own settings count.
  --ttl TIME        how long it is good: 90s, 15m, 1h (the default), 7d
  --id ID           its own id, by which it can be revoked; random if not given
  --issuer TEXT     TOKEN_ISSUER if not given
  --audience TEXT   TOKEN_AUDIENCE if not given
  --dev-vars FILE   another file than .dev.vars`;

const OPTIONS = {
  user: { type: "string" },
  name: { type: "string" },
  rooms: { type: "string", multiple: true },
  ttl: { type: "string", default: "1h" },
  id: { type: "string" },
  issuer: { type: "string" },
  audience: { type: "string" },
  "dev-vars": { type: "string", default: join(import.meta.dirname, "../../.dev.vars") },
  help: { type: "boolean", default: false },
} as const;

const VERBS = ["read", "publish", "presence", "history", "moderate"];
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** What the server asks of a secret. */
const SECRET_CHARACTERS = 32;

process.exitCode = await runCommand(main);

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (values.user === undefined || values.user === "") {
    throw new Complaint(`Say who the token is for: npm run token -- --user ann\n\n${USAGE}`);
  }
  const seconds = secondsOf(values.ttl);
  const rooms = values.rooms?.map(grantOf);
  const setting = settingsOf(values["dev-vars"]);
  const issuer = values.issuer ?? setting("TOKEN_ISSUER");
  const audience = values.audience ?? setting("TOKEN_AUDIENCE");
  const token = new SignJWT({
    [setting("TOKEN_USER_CLAIM") ?? "sub"]: values.user,
    ...(values.name === undefined ? {} : { [setting("TOKEN_NAME_CLAIM") ?? "name"]: values.name }),
    ...(rooms === undefined ? {} : { rooms }),
    ...(issuer === undefined ? {} : { iss: issuer }),
    ...(audience === undefined ? {} : { aud: audience }),
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setJti(values.id ?? randomBytes(12).toString("base64url"))
    .setIssuedAt()
    .setExpirationTime(new Date(Date.now() + seconds * 1_000));
  console.log(await token.sign(new TextEncoder().encode(secretFor(values["dev-vars"], setting))));
}

/** Looks a setting up: in the environment, which is said for this one call, then in the file. */
function settingsOf(path: string): (name: string) => string | undefined {
  const file = readDevVars(path);
  return (name) => [process.env[name], file.get(name)].find((value) => value !== undefined && value !== "");
}

/** The secret to sign with. If there is none yet, one is made and kept where the local server finds it. */
function secretFor(path: string, setting: (name: string) => string | undefined): string {
  const secret = setting("TOKEN_SECRET") ?? makeSecret(path);
  if (secret.length >= SECRET_CHARACTERS) return secret;
  throw new Complaint(`TOKEN_SECRET must be at least ${SECRET_CHARACTERS} characters long.`);
}

function makeSecret(path: string): string {
  const isNew = ensureDevVars(path).made;
  if (!isNew) addDevVar(path, "TOKEN_SECRET", newSecret());
  console.error(
    isNew
      ? `Made ${path}, with new secrets for this machine.`
      : `Added a random TOKEN_SECRET to ${path}. A running server takes it at its next start.`,
  );
  return readDevVars(path).get("TOKEN_SECRET") ?? "";
}

function secondsOf(ttl: string): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(ttl) ?? [];
  const seconds = Number(count) * (UNIT_SECONDS[unit] ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw new Complaint(`--ttl must be a time like 90s, 15m, 1h or 7d, not "${ttl}".`);
}

/** Split at the last colon: names of rooms may hold some. */
function grantOf(text: string): { readonly match: string; readonly can: readonly string[] } {
  const [, match = "", list = ""] = /^(.+):([^:]*)$/s.exec(text) ?? [];
  const can = list.split("+");
  const wrong = can.find((verb) => !VERBS.includes(verb));
  if (match === "") throw new Complaint(`--rooms must be like 'support-*:read+publish', not "${text}".`);
  if (wrong === undefined) return { match, can };
  throw new Complaint(`--rooms: "${wrong}" is none of ${VERBS.join(", ")}.`);
}

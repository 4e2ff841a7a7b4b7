/**
 * `npm run key`: makes, lists and revokes API keys, here (`.dev.vars`) or at the deployed Worker (--remote).
 *
 * A key is shown once. What is kept is its hash, in a variable of its own: wrangler cannot read a secret
 * back, so a list of keys in one secret could not be changed.
 */
import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Complaint, runCommand } from "./complaint.ts";
import { type KeyStore, LocalKeys, RemoteKeys } from "./key-stores.ts";

const USAGE = `npm run key -- create [--id ci] [--scopes publish,read] [--rooms support-,team-] [--remote]
npm run key -- list [--remote]
npm run key -- revoke --id ci [--remote]

  --id ID           the key's name: letters, digits and _
  --scopes LIST     publish, read, admin (which includes the others); all of them if not given
  --rooms LIST      how the rooms begin in which it counts; all rooms if not given
  --remote          at the deployed Worker (wrangler secret), not in .dev.vars
  --dev-vars FILE   another file than .dev.vars
  --wrangler FILE   another wrangler than the installed one`;

const ROOT = join(import.meta.dirname, "../..");
const OPTIONS = {
  id: { type: "string" },
  scopes: { type: "string" },
  rooms: { type: "string" },
  remote: { type: "boolean", default: false },
  "dev-vars": { type: "string", default: join(ROOT, ".dev.vars") },
  wrangler: { type: "string", default: join(ROOT, "node_modules/wrangler/bin/wrangler.js") },
  help: { type: "boolean", default: false },
} as const;

const SCOPES = ["publish", "read", "admin"];
const LONGEST_ROOM = 64;

process.exitCode = await runCommand(main);

function main(): void {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const [command = "help", ...more] = values.help ? [] : positionals;
  if (more.length > 0) throw new Complaint(`"${more[0]}" was not understood.\n\n${USAGE}`);
  const store = values.remote ? new RemoteKeys(ROOT, values.wrangler) : new LocalKeys(values["dev-vars"]);
  if (values.help) {
    console.log(USAGE);
  } else if (command === "create") {
    create(store, values);
  } else if (command === "list") {
    refuse(values, "id", "scopes", "rooms");
    list(store);
  } else if (command === "revoke") {
    refuse(values, "scopes", "rooms");
    revoke(store, values.id);
  } else {
    throw new Complaint(`Say what to do: create, list or revoke.\n\n${USAGE}`);
  }
}

type Values = { readonly id?: string; readonly scopes?: string; readonly rooms?: string };

function create(store: KeyStore, { id: name, scopes, rooms }: Values): void {
  const key = `rck_${randomBytes(32).toString("base64url")}`;
  const hash = createHash("sha256").update(key).digest();
  const id = checkedId(name ?? hash.toString("hex").slice(0, 12));
  const entry = entryOf(hash, scopes, rooms);
  if (store.ids().includes(id)) {
    throw new Complaint(`There is a key "${id}" already. Choose another --id, or revoke it first.`);
  }
  store.add(id, entry);
  console.error(`Made the key "${id}" in ${store.place}. It is shown this once:`);
  console.log(key);
  if (scopes === undefined && rooms === undefined) {
    console.error("It may do everything in every room. --scopes and --rooms say less.");
  }
  if (store.hint !== "") console.error(store.hint);
}

function list(store: KeyStore): void {
  const lines = store.lines();
  if (lines.length === 0) console.error(`There are no keys in ${store.place}.`);
  for (const line of lines) console.log(line);
}

function revoke(store: KeyStore, given: string | undefined): void {
  if (given === undefined) throw new Complaint("Say which key: npm run key -- revoke --id ci");
  const id = checkedId(given);
  if (!store.ids().includes(id)) throw new Complaint(`There is no key "${id}" in ${store.place}.`);
  store.remove(id);
  console.error(`Revoked the key "${id}" in ${store.place}. ${store.hint}`.trim());
}

/** Options that would do nothing here are a mistake that somebody wants to know of. */
function refuse(values: Values, ...names: readonly (keyof Values)[]): void {
  const wrong = names.find((name) => values[name] !== undefined);
  if (wrong !== undefined) throw new Complaint(`--${wrong} does not belong to this command.\n\n${USAGE}`);
}

function checkedId(id: string): string {
  if (/^\w{1,40}$/.test(id)) return id;
  throw new Complaint(`--id must be 1 to 40 letters, digits and _, not "${id}".`);
}

/** What is kept of a key: `sha256.<hash>[:<scopes>[:<prefixes>]]`. */
function entryOf(hash: Buffer, scopes: string | undefined, rooms: string | undefined): string {
  const known = `sha256.${hash.toString("base64url")}`;
  if (scopes === undefined && rooms === undefined) return known;
  const named = scopes === undefined ? SCOPES : scopes.split(/[,+]/).map((each) => each.trim());
  const wrong = named.find((each) => !SCOPES.includes(each));
  if (wrong !== undefined) throw new Complaint(`--scopes: "${wrong}" is none of ${SCOPES.join(", ")}.`);
  const scoped = `${known}:${named.join("+")}`;
  return rooms === undefined ? scoped : `${scoped}:${rooms.split(",").map(prefixOf).join("|")}`;
}

function prefixOf(text: string): string {
  const prefix = text.trim().normalize("NFC");
  if (prefix === "" || [...prefix].length > LONGEST_ROOM || !prefix.isWellFormed()) {
    throw new Complaint("--rooms must be the beginnings of room names, separated by commas.");
  }
  return encodeURIComponent(prefix);
}

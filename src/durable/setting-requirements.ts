import { parseRange } from "./address-ranges";
import { listed } from "./setting-rules";
import type { SettingFault, Settings } from "./settings";
import { canonicalAncestor, canonicalOrigin } from "./web-origins";

/** What settings must be beyond their kind: lists of the right things, and values that fit each other. */

type Requirement = SettingFault & { readonly isMet: (settings: Settings) => boolean };

const REQUIREMENTS: readonly Requirement[] = [
  {
    name: "APP_IDS",
    reason: "APP_IDS must be different whole numbers separated by commas",
    isMet: ({ APP_IDS }) => {
      const ids = APP_IDS.split(",");
      return ids.every((id) => /^[1-9]\d{0,8}$/.test(id)) && new Set(ids).size === ids.length;
    },
  },
  {
    name: "SESSION_SECRET",
    reason: "SESSION_SECRET must be at least 16 characters long",
    isMet: ({ SESSION_SECRET }) => SESSION_SECRET === "" || SESSION_SECRET.length >= 16,
  },
  {
    name: "TOKEN_SECRET",
    reason: "TOKEN_SECRET must be at least 32 characters long",
    isMet: ({ TOKEN_SECRET }) => TOKEN_SECRET === "" || TOKEN_SECRET.length >= 32,
  },
  {
    name: "TOKEN_SECRET",
    reason: "TOKEN_SECRET must be another one than SESSION_SECRET",
    isMet: ({ TOKEN_SECRET, SESSION_SECRET }) => TOKEN_SECRET === "" || TOKEN_SECRET !== SESSION_SECRET,
  },
  {
    name: "TOKEN_JWKS_URL",
    reason: "TOKEN_JWKS_URL must be an https address",
    isMet: ({ TOKEN_JWKS_URL }) => TOKEN_JWKS_URL === "" || isSafeUrl(TOKEN_JWKS_URL),
  },
  {
    name: "TOKEN_JWKS_URL",
    reason:
      "TOKEN_JWKS_URL must be set together with TOKEN_ISSUER and TOKEN_AUDIENCE: its keys sign for others too",
    isMet: ({ TOKEN_JWKS_URL, TOKEN_ISSUER, TOKEN_AUDIENCE }) => {
      return !isSafeUrl(TOKEN_JWKS_URL) || (TOKEN_ISSUER !== "" && TOKEN_AUDIENCE !== "");
    },
  },
  {
    name: "TRUSTED_PROXIES",
    reason: "TRUSTED_PROXIES must be addresses or ranges like 10.0.0.0/8, separated by commas",
    isMet: ({ TRUSTED_PROXIES }) => listed(TRUSTED_PROXIES).every((each) => parseRange(each) !== undefined),
  },
  {
    name: "ALLOWED_ORIGINS",
    reason: "ALLOWED_ORIGINS must be origins like https://example.com, separated by commas, or *",
    isMet: ({ ALLOWED_ORIGINS }) => {
      return listed(ALLOWED_ORIGINS).every((each) => each === "*" || canonicalOrigin(each) !== undefined);
    },
  },
  {
    name: "FRAME_ANCESTORS",
    reason: "FRAME_ANCESTORS must be origins like https://example.com, separated by commas",
    isMet: ({ FRAME_ANCESTORS }) => {
      return listed(FRAME_ANCESTORS).every((each) => canonicalAncestor(each) !== undefined);
    },
  },
  {
    name: "GRAVATAR_URL",
    reason: "GRAVATAR_URL must be an http address that ends with a slash, or none",
    isMet: ({ GRAVATAR_URL }) => GRAVATAR_URL === "none" || /^https?:\/\/.+\/$/.test(GRAVATAR_URL),
  },
  {
    name: "HEARTBEAT_TIMEOUT_MS",
    reason: "HEARTBEAT_TIMEOUT_MS must be longer than HEARTBEAT_INTERVAL_MS",
    isMet: ({ HEARTBEAT_TIMEOUT_MS, HEARTBEAT_INTERVAL_MS }) => HEARTBEAT_TIMEOUT_MS > HEARTBEAT_INTERVAL_MS,
  },
];

/** The requirements that these settings do not meet. */
export function unmetRequirements(settings: Settings): readonly SettingFault[] {
  return REQUIREMENTS.filter(({ isMet }) => !isMet(settings)).map(({ name, reason }) => ({ name, reason }));
}

/** https, or http to this very machine. */
function isSafeUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLoopback = ["localhost", "127.0.0.1", "[::1]"].includes(url?.hostname ?? "");
  return url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback);
}

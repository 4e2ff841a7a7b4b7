/**
 * The deployments that are attacked in workerd. Every secret is fixed and known to the tests, so that an
 * attack can be as close to the real thing as it likes.
 */

export const TOKEN_SECRET = "a token secret for attacks only, 32 bytes and more";
export const TOKEN_ISSUER = "https://issuer.test";
export const TOKEN_AUDIENCE = "roomcast-attacks";
export const SESSION_SECRET = "a session secret for attacks only, 32 bytes and more";

const BOTH = { SESSION_SECRET, LOG_LEVEL: "silent", GRAVATAR_URL: "none" };

/** Takes an adopter's tokens, and has keys of every scope. */
export const TOKEN_DEPLOYMENT = {
  ...BOTH,
  AUTH: "token",
  SEED_ROUTES: "open",
  TOKEN_SECRET,
  TOKEN_ISSUER,
  TOKEN_AUDIENCE,
  API_KEYS: "rck_all,rck_read:read,rck_publish:publish,rck_support:publish+read:support-",
};

/** As a deployment is by default: guests, and the original's routes off. */
export const GUEST_DEPLOYMENT = { ...BOTH, AUTH: "guest", SEED_ROUTES: "off", API_KEYS: "rck_all" };

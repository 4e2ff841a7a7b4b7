/**
 * Opaque names for pictures: an email's hash, encrypted with the deployment's secret.
 *
 * What stands in frames must not be the hash itself, from which an address can be guessed. Encrypting it
 * needs no table; the initialization vector is made from the hash, so that one address has one picture
 * URL and caches work.
 */
export class AvatarIds {
  readonly #keys: Promise<{ readonly cipher: CryptoKey; readonly nonce: CryptoKey }>;

  constructor(secret: Uint8Array) {
    this.#keys = deriveKeys(secret);
  }

  /** `hash`: 64 hex digits. */
  async seal(hash: string): Promise<string> {
    const { cipher, nonce } = await this.#keys;
    const plain = Buffer.from(hash, "hex");
    const iv = new Uint8Array(await crypto.subtle.sign("HMAC", nonce, plain)).slice(0, IV_BYTES);
    const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, cipher, plain));
    return Buffer.concat([iv, sealed]).toString("base64url");
  }

  /** The hash behind an id; undefined for an id that this deployment did not make. */
  async open(id: string): Promise<string | undefined> {
    const { cipher } = await this.#keys;
    const bytes = Buffer.from(id, "base64url");
    const iv = bytes.subarray(0, IV_BYTES);
    try {
      const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, cipher, bytes.subarray(IV_BYTES));
      return Buffer.from(plain).toString("hex");
    } catch {
      return undefined;
    }
  }
}

const IV_BYTES = 12;

async function deriveKeys(secret: Uint8Array) {
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const parameters = (use: string) => ({
    name: "HKDF",
    hash: "SHA-256",
    salt: new Uint8Array(),
    info: new TextEncoder().encode(`roomcast avatar ${use}`),
  });
  const aes = { name: "AES-GCM", length: 256 };
  const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };
  return {
    cipher: await crypto.subtle.deriveKey(parameters("cipher"), base, aes, false, ["encrypt", "decrypt"]),
    nonce: await crypto.subtle.deriveKey(parameters("nonce"), base, hmac, false, ["sign"]),
  };
}

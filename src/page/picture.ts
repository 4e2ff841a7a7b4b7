/**
 * Asks our own server for the picture that belongs to an email address; gives its path on our origin.
 *
 * Only the fingerprint (SHA-256 of the trimmed, lower-case address, as Gravatar defines it) is sent, and
 * readers see only an opaque path: neither the address nor its fingerprint reaches other people.
 */
export async function findPicture(email: string): Promise<string> {
  const response = await fetch("/avatar", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ hash: await fingerprint(email) }),
  });
  if (!response.ok) throw new Error(`The server answered ${response.status} to a picture's fingerprint.`);
  const { avatar } = (await response.json()) as { avatar: string };
  return avatar;
}

async function fingerprint(email: string): Promise<string> {
  const bytes = new TextEncoder().encode(email.trim().toLowerCase());
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

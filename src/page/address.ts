/** The room that everybody enters who opens the site without naming one. */
export const LOBBY = "lobby";

/**
 * Which room a page address means: `/r/{room}`, the original's `/home/index?appId=N`, otherwise the lobby.
 * A path that is not well-formed percent-encoding is taken as it stands.
 */
export function roomOfAddress({
  pathname,
  search,
}: {
  readonly pathname: string;
  readonly search: string;
}): string {
  const named = /^\/r\/([^/]+)\/?$/.exec(pathname)?.[1];
  if (named !== undefined) return decoded(named);
  if (pathname !== "/home/index") return LOBBY;
  const query = new URLSearchParams(search);
  return query.get("appId") ?? query.get("appID") ?? LOBBY;
}

/** The secret of an invitation that an address carries behind `#invite=`, where no server sees it. */
export function inviteOfAddress({ hash }: { readonly hash: string }): string | undefined {
  const secret = /^#invite=([^&]+)/.exec(hash)?.[1];
  return secret === undefined ? undefined : decoded(secret);
}

/** Where a room's page is. */
export function addressOfRoom(room: string): string {
  return room === LOBBY ? "/" : `/r/${encodeURIComponent(room)}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/**
 * Where a guest's session is kept between visits. The page keeps it in localStorage; a store that forgets
 * makes a new guest of every visit, and breaks nothing.
 */
export type SessionStore = {
  load(): string | undefined;
  save(session: string): void;
  /** The room did not accept it. */
  drop(): void;
};

/** Keeps the session as long as the object lives. */
export function sessionInMemory(): SessionStore {
  let kept: string | undefined;
  return {
    load: () => kept,
    save: (session) => {
      kept = session;
    },
    drop: () => {
      kept = undefined;
    },
  };
}

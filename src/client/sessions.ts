/** A guest as the room knows them: the id that it made for them, and the signed proof of it. */
export type Session = { readonly userId: string; readonly token: string };

/**
 * Where a guest's session is kept between visits. The page keeps it in localStorage; a store that forgets
 * makes a new guest of every visit, and breaks nothing.
 */
export type SessionStore = {
  load(): Session | undefined;
  save(session: Session): void;
  /** The room did not accept it, or the guest has signed out. */
  drop(): void;
};

/** Keeps the session as long as the object lives. */
export function sessionInMemory(): SessionStore {
  let kept: Session | undefined;
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

/**
 * A store as one visit sees it: the session that it began with stays its own, whatever another tab keeps
 * meanwhile. Dropping it leaves another tab's alone.
 */
export function ownSession(store: SessionStore): SessionStore {
  let own: Session | undefined;
  return {
    load: () => {
      if (own === undefined) own = store.load();
      return own;
    },
    save: (session) => {
      own = session;
      store.save(session);
    },
    drop: () => {
      if (own === undefined || store.load()?.token === own.token) store.drop();
      own = undefined;
    },
  };
}

import type { SessionKey } from '../../core/session/session.ts'

/**
 * What stands in Redis, by name. The name of a session is a hash of random bits, those of indexes are keyed hashes: no
 * name, address or claim stands in a key. In braces is what decides of a cluster's slot: what is of one session is on one.
 */
export interface Keys {
  /** The sealed session. */
  session(key: SessionKey): string
  /** When it was seen last and when it ends, sealed: written more often than the session. */
  seen(key: SessionKey): string
  /** There when it was ended: whoever puts an older record back does not bring it back. */
  ended(key: SessionKey): string
  /** Who renews the session now: a random id, for as long as the lock may be held. */
  lock(key: SessionKey): string
  /** A form of this session waits: its id. Of each session there are so many places and no more. */
  formPlace(key: SessionKey, place: number): string
  form(id: string): string
  /** Written for a moment where the session or the form of this name is: see `confirmation.ts`. */
  written(name: string): string
  /** Sessions of one provider's user, subject or `sid`, by the time of the sign-in. */
  index(hash: string): string
  /** A random value, of the last revocation of everybody, a provider's people, or one person. */
  mark(hash: string): string
  /** The latest `iat` of a logout at a provider. */
  logout(hash: string): string
  jti(hash: string): string
  state(hash: string): string
  outcome(hash: string): string
  /** The states in the order in which they were spent. */
  readonly states: string
  readonly commands: string
  readonly served: string
  /** What all forms take, by the minute in which they are over at the latest. */
  readonly formBytes: string
  /** The stream of what ended. */
  readonly changes: string
  /** A sealed API key. */
  apiKey(id: string): string
  /** How often it was used, by day. */
  keyUses(id: string): string
  /** When it was used last, and from where: sealed. */
  keyLastUse(id: string): string
  /** Written for a moment where the API key of this id is: see `confirmation.ts`. */
  keyWritten(id: string): string
  /** API keys of one person at one provider, by the time at which they were made. */
  keyOwner(hash: string): string
  /** All API keys, in the order in which they were made. */
  readonly apiKeys: string
  /** The stream of what became of API keys. */
  readonly keyChanges: string
  /** For readiness. */
  readonly check: string
  /** Of all sessions, for SCAN. */
  readonly everySession: string
  /** The session of a name that SCAN found; null for any other name. */
  sessionOf(name: string): SessionKey | null
}

export function keysOf(prefix: string): Keys {
  const [before, after] = [`${prefix}session:{`, '}']
  return {
    session: (key) => `${before}${key}${after}`,
    seen: (key) => `${prefix}seen:{${key}}`,
    ended: (key) => `${prefix}ended:{${key}}`,
    lock: (key) => `${prefix}lock:{${key}}`,
    formPlace: (key, place) => `${prefix}form-place:{${key}}:${place}`,
    form: (id) => `${prefix}form:{${id}}`,
    written: (name) => `${prefix}written:{${name}}`,
    index: (hash) => `${prefix}index:${hash}`,
    mark: (hash) => `${prefix}mark:${hash}`,
    logout: (hash) => `${prefix}logout:${hash}`,
    jti: (hash) => `${prefix}jti:${hash}`,
    state: (hash) => `${prefix}state:{${hash}}`,
    outcome: (hash) => `${prefix}outcome:{${hash}}`,
    states: `${prefix}states`,
    commands: `${prefix}commands`,
    served: `${prefix}served`,
    formBytes: `${prefix}form-bytes`,
    changes: `${prefix}changes`,
    apiKey: (id) => `${prefix}key:{${id}}`,
    keyUses: (id) => `${prefix}key-uses:{${id}}`,
    keyLastUse: (id) => `${prefix}key-last-use:{${id}}`,
    keyWritten: (id) => `${prefix}key-written:{${id}}`,
    keyOwner: (hash) => `${prefix}key-owner:${hash}`,
    apiKeys: `${prefix}keys`,
    keyChanges: `${prefix}key-changes`,
    check: `${prefix}check`,
    everySession: `${escaped(before)}*${after}`,
    sessionOf(name) {
      const key = name.slice(before.length, -after.length)
      return name === `${before}${key}${after}` && isStored(key) ? key : null
    },
  }
}

/** Anything else is no session of ours, and none of it gets into a key. */
export function isStored(key: SessionKey): boolean {
  return /^[\w-]{1,128}$/.test(key)
}

/** The prefix is no pattern. */
function escaped(text: string): string {
  return text.replaceAll(/[*?[\]\\^]/g, '\\$&')
}

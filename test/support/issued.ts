import { noTokens } from '../../src/core/session/session.ts'

/** What the ID token of an identity said beside its claims. */
export const issuedToAlice = {
  subject: 'alice',
  sid: null,
  issuedAt: 1_790_000_000,
  scopes: [],
  tokens: noTokens,
} as const

/** What of a session comes from its ID token and its browser, where it does not matter. */
export const sessionOfAlice = {
  subject: 'alice',
  sid: null,
  idTokenIssuedAt: 1000,
  scopes: [],
  tokens: noTokens,
  checkedAt: 1000,
  client: null,
  marks: {},
} as const

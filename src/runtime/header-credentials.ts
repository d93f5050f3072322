import type { ConnectionCertificate } from '../core/certificate/connection-certificate.ts'
import type { Verifiable } from '../core/credential/counted.ts'
import type { HeaderLookup } from '../core/credential/lookup.ts'
import type { App } from '../core/gateway.ts'
import type { ClientNetwork } from '../core/limits/network.ts'
import type { Awaitable } from '../core/ports.ts'
import type { ClientAddress } from '../core/request/forwarded.ts'
import type { JudgedAddress } from '../core/rules/requirement.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import type { ExchangedPairs } from './exchanged-pairs.ts'
import type { Keys } from './keys/keys.ts'
import type { ShortTokens } from './keys/short-tokens.ts'

/** Verifies what a header carried, each kind by those who know its source. */
export interface HeaderCredentials {
  /** Never sends a credential to anybody but the provider that its form names. Rejects with a fault where nobody can tell. */
  verify(presented: Verifiable, use: CredentialUse): Awaitable<HeaderLookup>
}

/** For what a header credential is used. */
export interface CredentialUse {
  readonly app: App
  readonly method: string
  readonly client: ClientAddress
  readonly network: ClientNetwork
  /** Of the connection; null: none. */
  readonly certificate: ConnectionCertificate | null
  /** The `Origin` of the request, as sent; null: none. */
  readonly origin: string | null
  readonly now: EpochSeconds
}

export interface CredentialSources {
  /** Null: there are no keys. */
  readonly keys: Pick<Keys, 'verify'> | null
  readonly shortTokens: Pick<ShortTokens, 'verify'>
  readonly bearerTokens: {
    verify(presented: Extract<Verifiable, { kind: 'token' }>, use: CredentialUse): Awaitable<HeaderLookup>
  }
  readonly exchangedPairs: Pick<ExchangedPairs, 'verify'>
}

export function createHeaderCredentials({
  keys,
  shortTokens,
  bearerTokens,
  exchangedPairs,
}: CredentialSources): HeaderCredentials {
  return {
    verify: (presented, use) => {
      switch (presented.kind) {
        case 'key':
          return keys?.verify(presented.key, { ...use, client: judgedAddress(use.client) }) ?? unknown
        case 'token':
          return bearerTokens.verify(presented, use)
        case 'short-token':
          return shortTokens.verify(presented, {
            ...use,
            client: judgedAddress(use.client),
            at: use.app.origin,
          })
        case 'pair':
          return exchangedPairs.verify(presented, use)
      }
    },
  }
}

function judgedAddress(client: ClientAddress): JudgedAddress {
  return client.known ? { ...client.address, text: client.text } : null
}

const unknown: HeaderLookup = { kind: 'refused', why: 'credential-unknown', detail: null }

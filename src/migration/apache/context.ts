import type { Finding } from '../finding.ts'
import type { HostCertificates } from './access/certificates.ts'
import type { Version } from './versions.ts'

/** What the conversion of one virtual host's rules hangs on. */
export interface Context {
  readonly version: Version
  readonly report: (finding: Finding) => void
  readonly remoteUser: RemoteUser
  /** The names of the providers in the result; several ask for `provider` in rules. */
  readonly providers: readonly string[]
  /** Claims that httpd kept from its rules. */
  readonly withheld: WithheldClaims
  /** Who somebody is who comes by an access token; null: none opens anything. */
  readonly tokenUser: RemoteUser | null
  /** Provider by issuer. */
  readonly issuers: ReadonlyMap<string, string>
  /** What the host asks of certificates of clients; null: nothing. */
  readonly certificates: HostCertificates | null
}

/** What `Require user` and the user's header meant: `OIDCRemoteUserClaim`. */
export interface RemoteUser {
  readonly claim: string
  /** `@idp.example/realms/r`, when the issuer is put behind the claim; empty otherwise. */
  readonly suffix: string
  /** Null: the claim as it is. */
  readonly expression: string | null
}

/** `OIDCBlackListedClaims` and `OIDCWhiteListedClaims`: what is not kept no rule of httpd sees. */
export interface WithheldClaims {
  readonly named: readonly string[]
  /** Null: all but those. */
  readonly only: readonly string[] | null
}

/** Whether httpd's rules never saw a claim, by its name or a path that begins with it. */
export function isWithheld({ named, only }: WithheldClaims, path: string): boolean {
  const is = (name: string): boolean => path === name || path.startsWith(`${name}.`)
  return named.some(is) || (only !== null && !only.some(is))
}

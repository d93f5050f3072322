import type { Finding } from '../finding.ts'
import type { Version } from './versions.ts'

/** What the conversion of one virtual host's rules hangs on. */
export interface Context {
  readonly version: Version
  readonly report: (finding: Finding) => void
  readonly remoteUser: RemoteUser
  /** The names of the providers in the result; several ask for `provider` in rules. */
  readonly providers: readonly string[]
  /** Provider by issuer. */
  readonly issuers: ReadonlyMap<string, string>
}

/** What `Require user` and the user's header meant: `OIDCRemoteUserClaim`. */
export interface RemoteUser {
  readonly claim: string
  /** `@idp.example/realms/r`, when the issuer is put behind the claim; empty otherwise. */
  readonly suffix: string
  /** Null: the claim as it is. */
  readonly expression: string | null
}

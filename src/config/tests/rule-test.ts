import type { CredentialIdentity } from '../../core/credential/credential.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import type { Claims } from '../../core/rules/claims.ts'
import type { Position } from '../node.ts'
import type { Expectation } from '../schema/tests.ts'

/** Somebody whom tests name. */
export interface TestPerson {
  /** Null: not written, as only one can be meant. */
  readonly provider: string | null
  readonly claims: Claims
  /** Granted ones; absent: those of the provider. */
  readonly scopes?: readonly string[]
  /** How old `auth_time` is; absent: as the claims say. */
  readonly authAgeSeconds?: number
  /** The credential that somebody comes by; absent: a session. */
  readonly by?: CredentialIdentity
  /** A key of the file. */
  readonly key?: ApiKey
  /** What the connection shows beside that. */
  readonly certificate?: Claims
  /** Of a widget: the page that its token was given for; absent: whichever asks. */
  readonly origin?: string
}

/** One request of one case, with all that it needs to be judged. */
export interface RuleTest {
  /** As the file was named by whoever asked. */
  readonly file: string
  /** Of the request; of a case with one, of the case. */
  readonly position: Position
  readonly name: string | null
  /** Who asks, for people: `alice`, `nobody`, `{groups: admins}`. */
  readonly who: string
  readonly person: (TestPerson & { readonly provider: string }) | null
  /** The certificate that the connection shows; null: none, or the person’s own. */
  readonly certificate: Claims | null
  /** Whether the person does what a step-up asks for. */
  readonly steppedUp: boolean
  readonly method: string
  /** Absolute. */
  readonly url: string
  /** Lower-case names; null: those of a browser that opens a page. */
  readonly headers: Readonly<Record<string, string>> | null
  readonly clientAddress: string | null
  readonly expect: Expectation
  /** Null: any. */
  readonly because: string | null
  /** What the app should get; null: no such header. Names as they were written. */
  readonly upstreamHeaders: ReadonlyMap<string, string | null>
}

export interface RuleTests {
  readonly persons: ReadonlyMap<string, TestPerson>
  /** In the order of the file. */
  readonly tests: readonly RuleTest[]
}

export const noTests: RuleTests = { persons: new Map(), tests: [] }

/** What tests are about. */
export interface TestSubject {
  /** Null when the configuration has faults: then the tests' own form is judged alone. */
  readonly gateway: Gateway | null
  /** People that are known already. */
  readonly persons: ReadonlyMap<string, TestPerson>
}

import type { Secret } from './secret.ts'

/** Where the operator's tools ask. */
export interface AdminSettings {
  readonly host: string
  readonly port: number
  /** Empty: plain HTTP. */
  readonly tls: readonly { readonly certificate: string; readonly key: Secret }[]
  /** Opens what changes something: the keys of customers. Null: that is not there. */
  readonly token: Secret | null
}

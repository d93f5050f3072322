/** Of a certificate, as it is written in it; taken for nothing but words. */
export interface ShownCertificate {
  readonly validFrom: Date
  readonly validTo: Date
  /** By the clock of this machine. Where it has not ended, it is one above it that has. */
  readonly hasEnded: boolean
  /** `DNS:a.example, IP Address:10.0.0.5`; null: it names nobody. */
  readonly names: string | null
}

/** How far a connection had come when it failed. */
export type ConnectionPhase =
  /** The name is looked up, the connection is being made. */
  | 'connecting'
  /** It is made, and TLS is being agreed upon. */
  | 'securing'
  /** A request is being sent, or is sent, and nothing of an answer has come. */
  | 'asking'
  /** The answer has begun. */
  | 'answering'

/** What is known of a connection that failed. */
export interface ConnectionFailure {
  /** Of Node, undici or OpenSSL. */
  readonly code: string
  readonly phase: ConnectionPhase
  readonly scheme: 'http' | 'https'
  /** Of a Unix socket: what it could lack is something else. */
  readonly isUnixSocket: boolean
  /** What the other side has shown of its certificate; null: nothing, or nobody looked. */
  readonly certificate: ShownCertificate | null
  /** The key of the file that names a private certificate authority for this connection. */
  readonly caKey: string
}

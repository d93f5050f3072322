/** What a certificate says that may be somebody's user id. */
export type CertificateClaim =
  | 'subject'
  | 'common_name'
  | 'san_dns'
  | 'san_uri'
  | 'san_email'
  | 'serial'
  | 'fingerprint_sha256'

/** `client_certificates` of the file. */
export interface ClientCertificateSettings {
  /** At least one. */
  readonly authorities: readonly CertificateAuthority[]
  readonly userId: CertificateClaim
  readonly userIdPrefix: string
}

export interface CertificateAuthority {
  readonly name: string
  /** PEM. */
  readonly ca: string
  /** PEM of its revocation list; null: it revokes nothing. */
  readonly crl: string | null
}

/** What of a certificate may be somebody's user id: nothing that many have together. */
export const certificateUserIds = [
  ...(['fingerprint_sha256', 'subject', 'common_name', 'san_dns', 'san_uri', 'san_email'] as const),
] as const

export type CertificateUserId = (typeof certificateUserIds)[number]

/** `client_certificates` of the file. */
export interface ClientCertificateSettings {
  /** At least one. */
  readonly authorities: readonly CertificateAuthority[]
  /** Exactly one value of it is the id. */
  readonly userId: CertificateUserId
  readonly userIdPrefix: string
}

export interface CertificateAuthority {
  readonly name: string
  /** PEM. */
  readonly ca: string
  /** PEM of its revocation list; null: it revokes nothing. */
  readonly crl: string | null
}

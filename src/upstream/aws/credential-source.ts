import type { AwsCredentials } from './signature.ts'

/** Where the credentials of one setting come from: one for all who sign with them. */
export interface CredentialSource {
  /** Those that can sign now, without waiting; null: ask `load`. They are renewed in the background ahead of their end. */
  current(): AwsCredentials | null
  /** Rejects with an UpstreamFault, AWS_CREDENTIALS_UNAVAILABLE. All who ask at once wait for one answer. */
  load(): Promise<AwsCredentials>
  /** AWS said that these are over, or unknown: the next ones are fetched. Where there are none, these go on. */
  refused(credentials: AwsCredentials): void
  /** For the log: `role arn:…`, `access key AKIA…`. Never a secret. */
  readonly whose: string
}

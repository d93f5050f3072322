import type { Secret } from './secret.ts'

/** Services that verify signed requests on the way to an app, by their names in the scope of a signature. */
export type SignedService = 'execute-api' | 'lambda' | 's3' | 'vpc-lattice-svcs'

/** How requests to an upstream are signed (Signature Version 4), and by whom. */
export interface AwsSettings {
  readonly service: SignedService
  /** `eu-west-1`. */
  readonly region: string
  readonly credentials: AwsCredentialSettings
}

/** Where the credentials come from that sign. Equal settings share what was fetched. */
export interface AwsCredentialSettings {
  /** Of the file; null: of the process, by AWS's own chain. */
  readonly given: AwsKeySettings | null
  /** The role that is assumed with them; null: they sign themselves. */
  readonly role: AwsRole | null
  /** The region of the token service that is asked for the role. */
  readonly region: string
}

interface AwsKeySettings {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  readonly sessionToken: Secret | null
}

/** The role that the gateway takes on before it signs (STS, `AssumeRole`). */
export interface AwsRole {
  /** `arn:aws:iam::123456789012:role/gateway`. */
  readonly arn: string
  readonly externalId: string | null
  readonly sessionName: string
}

/** A secret key or a session token as AWS gives them: what a header line can hold, without blanks. */
export const awsSecretPattern = /^[\x21-\x7e]{1,16384}$/

/** A function that is invoked instead of an address that is asked. */
export interface LambdaSettings {
  /** As it is written: an ARN, with a version or an alias. */
  readonly functionName: string
  /** The version of the event's format. */
  readonly payload: '1.0' | '2.0'
  /** Whether its answer is passed on as it comes. */
  readonly streaming: boolean
}

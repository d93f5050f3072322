/** What operators are told of the credentials by which requests are signed. Nothing secret is in it. */
export type AwsCredentialEvent =
  /**
   * `accessKeyId` is by what AWS's own logs know them. `isTemporary`: they end, also where nobody said when. `failures`: how
   * often it had failed before.
   */
  | {
      readonly kind: 'fetched'
      readonly whose: string
      readonly accessKeyId: string
      readonly isTemporary: boolean
      readonly endsAtMs: number | null
      readonly failures: number
    }
  /** They are asked for again after `pauseMs`. `living`: earlier ones sign until then. */
  | {
      readonly kind: 'failed'
      readonly whose: string
      readonly words: string
      readonly pauseMs: number
      readonly living: boolean
      readonly endsAtMs: number | null
    }
  /** No app of the configuration signs with them any more. */
  | { readonly kind: 'dropped'; readonly whose: string }

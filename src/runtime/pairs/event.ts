/** What came of asking a provider for a pair: for metrics and the log. No part of it names the pair. */
export type ExchangeEvent =
  | { readonly provider: string; readonly outcome: 'granted' | 'unanswered' }
  /** `cure`: what an operator can do about it; null: nothing, the pair is wrong. */
  | {
      readonly provider: string
      readonly outcome: 'refused'
      readonly detail: string
      readonly cure: string | null
    }

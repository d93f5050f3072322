/** In the order in which they matter least. */
export const outcomes = ['ok', 'note', 'warning', 'failed'] as const

/**
 * `failed` is what keeps people or requests from coming through, or lets in whom nobody means; `warning` is what will,
 * or may; `note` is what cannot be told, or cannot be helped.
 */
export type Outcome = (typeof outcomes)[number]

/** What one question to the real things showed. */
export interface Finding {
  /** Where in the file that stands which it is about: `providers.acme`, `apps.wiki`, `session.store`. */
  readonly about: string
  /** What was looked at, in a word or two: `clock`, `redirect URI`. */
  readonly check: string
  readonly outcome: Outcome
  /** What came, without an end of a sentence. */
  readonly saw: string
  /** What to do, in whole sentences; null where there is nothing to do. */
  readonly cure: string | null
}

/** Makes the findings of one thing, so that its checks need not name it each time. */
export interface FindingsOf {
  ok(check: string, saw: string): Finding
  note(check: string, saw: string, cure?: string): Finding
  warning(check: string, saw: string, cure: string): Finding
  failed(check: string, saw: string, cure: string): Finding
}

export function findingsOf(about: string): FindingsOf {
  return {
    ok: (check, saw) => ({ about, check, outcome: 'ok', saw, cure: null }),
    note: (check, saw, cure) => ({ about, check, outcome: 'note', saw, cure: cure ?? null }),
    warning: (check, saw, cure) => ({ about, check, outcome: 'warning', saw, cure }),
    failed: (check, saw, cure) => ({ about, check, outcome: 'failed', saw, cure }),
  }
}

/** What a program reads when the gateway itself answers: RFC 9457. Fixed words, never what was sent. */
export interface Problem {
  readonly status: number
  readonly title: string
  /** One of the short words of the reference. */
  readonly reason: string
  readonly request_id: string
  readonly login_url?: string
  /** The name of the limit that is reached. */
  readonly limit?: string
}

export const problemType = 'application/problem+json; charset=utf-8'

/** The body; `type` is left out, which RFC 9457 section 3.1.1 reads as about:blank. */
export function problemBody(problem: Problem): string {
  return JSON.stringify(problem)
}

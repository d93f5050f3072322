import type { Gateway } from '../core/gateway.ts'
import type { OnStep } from '../core/step.ts'
import type { Finding, FindingKind } from './finding.ts'
import type { Proof } from './proof/prove.ts'
import type { SourcePosition } from './source-position.ts'
import type { Variable } from './variable.ts'

/** Where a syntax error stands in the source; line and column count from 1. */
export interface SourceFault {
  readonly at: { readonly file: string; readonly line: number; readonly column: number }
  readonly message: string
}

/** What every conversion yields, whatever it came from. */
export type Conversion =
  | {
      readonly ok: true
      readonly yaml: string
      readonly findings: readonly Finding[]
      /** Every line of the source and what became of it; null where nothing is said of it, which is a fault. Null: they are not counted. */
      readonly lines: readonly { readonly at: SourcePosition; readonly kind: FindingKind | null }[] | null
      /** What the result asks its environment for. */
      readonly variables: readonly Variable[]
      /** The result, loaded; null when a place has to be filled in first, which `findings` name. */
      readonly gateway: Gateway | null
      /** Asks both rule sets about the same requests, so many at most; null where there is no model of the source. */
      readonly prove: ((gateway: Gateway, onStep?: OnStep, mostRequests?: number) => Proof) | null
      /** A file of rule tests for the result, as text; null where none are made. */
      readonly tests: ((gateway: Gateway) => string | null) | null
    }
  | { readonly ok: false; readonly faults: readonly SourceFault[] }

export const sources = ['apache', 'oauth2-proxy'] as const
export type Source = (typeof sources)[number]

/** Whose configuration a text is, by the words that only one of them has; httpd's when it could be either. */
export function guessSource(text: string): Source {
  if (
    /^\s*<?(?:VirtualHost|Location(?:Match)?|OIDC\w+|ProxyPass\w*|Require|AuthType|LoadModule)\b/m.test(text)
  )
    return 'apache'
  const flags =
    /(?:^|\s|["'])--(?:oidc-issuer-url|upstream|email-domain|cookie-\w+|provider|redirect-url|http-address)[= ]/m
  const keys =
    /^\s*(?:-\s+)?(?:export\s+)?["']?(?:oidc_issuer_url|upstreams?|email_domains?|cookie_\w+|redirect_url|http_address|provider|reverse_proxy|skip_auth_\w+|OAUTH2_PROXY_\w+)\s*[=:]/m
  const alpha = /^(?:upstreamConfig|injectRe(?:quest|sponse)Headers):/m
  // Files that start containers hold its settings too, and are refused in words of their own.
  if (alpha.test(text) || /oauth2[-_]proxy/i.test(text)) return 'oauth2-proxy'
  return flags.test(text) || keys.test(text) ? 'oauth2-proxy' : 'apache'
}

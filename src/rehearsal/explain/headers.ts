import { foldHeaderName } from '../../core/headers/names.ts'
import type { TokenName } from '../../core/headers/token-headers.ts'
import { isObject, parseJson } from '../../core/json.ts'
import type { ProbeResult } from '../../http/admission/probe.ts'

export interface SentHeader {
  readonly name: string
  readonly value: string
}

/** What stands for a value that the configuration keeps secret. */
export const masked = '(secret)'
/** The same of the tokens of whoever is signed in. */
const maskedTokens: { readonly [name in TokenName]: string } = {
  access_token: '(access token)',
  id_token: '(ID token)',
}

/** What stands for an assertion: what it says but for the times. Nobody signed the one that was made to ask. */
function assertionText(token: string): string {
  const payload = parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  if (!isObject(payload)) return '(assertion)'
  const { iat: _at, exp: _until, ...said } = payload
  return `(assertion of ${JSON.stringify(said)})`
}

/** The headers of the request to the app, configured secrets and tokens among them masked; null when none is sent. */
export function sentHeaders({ admission, upstreamHeaders }: ProbeResult): readonly SentHeader[] | null {
  const { app, location } = admission
  if (app === null || upstreamHeaders === null) return null
  const secrets = [
    ...[...app.upstream.headers, ...(location?.forwarding.headers ?? [])].map(({ name }) => name),
    app.sharedSecret?.header ?? '',
  ]
  const masks = new Map([
    ...secrets.map((name) => [foldHeaderName(name), masked] as const),
    ...(location?.forwarding.tokenHeaders ?? []).map(
      ({ name, token }) => [foldHeaderName(name), maskedTokens[token]] as const,
    ),
  ])
  const asserted = app.identityAssertion && foldHeaderName(app.identityAssertion.header)
  const headers: SentHeader[] = []
  for (let at = 0; at < upstreamHeaders.length; at += 2) {
    const name = upstreamHeaders[at] ?? ''
    const value = upstreamHeaders[at + 1] ?? ''
    const folded = foldHeaderName(name)
    headers.push({ name, value: folded === asserted ? assertionText(value) : (masks.get(folded) ?? value) })
  }
  return headers
}

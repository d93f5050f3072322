import { foldHeaderName } from '../../core/headers/names.ts'
import type { ProbeResult } from '../../http/admission/probe.ts'

export interface SentHeader {
  readonly name: string
  readonly value: string
}

/** What stands for a value that the configuration keeps secret. */
export const masked = '(secret)'

/** The headers of the request to the app, the configured secrets among them masked; null when none is sent. */
export function sentHeaders({ admission, upstreamHeaders }: ProbeResult): readonly SentHeader[] | null {
  const { app, location } = admission
  if (app === null || upstreamHeaders === null) return null
  const secret = new Set(
    [
      ...[...app.upstream.headers, ...(location?.forwarding.headers ?? [])].map(({ name }) => name),
      app.sharedSecret?.header ?? '',
    ].map(foldHeaderName),
  )
  const headers: SentHeader[] = []
  for (let at = 0; at < upstreamHeaders.length; at += 2) {
    const name = upstreamHeaders[at] ?? ''
    const value = upstreamHeaders[at + 1] ?? ''
    headers.push({ name, value: secret.has(foldHeaderName(name)) ? masked : value })
  }
  return headers
}

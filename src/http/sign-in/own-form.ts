import type { IncomingHttpHeaders } from 'node:http'
import type { Origin } from '../../core/gateway.ts'

/**
 * Whether a form was posted by a page of the origin itself: the browser must say so, by Sec-Fetch-Site or, where it does
 * not send that, by Origin. Who says neither is refused: every browser of today sends one of them with a POST.
 */
export function isFromOwnPage(headers: IncomingHttpHeaders, { origin }: Pick<Origin, 'origin'>): boolean {
  const site = headers['sec-fetch-site']
  return site === undefined ? headers.origin === origin : site === 'same-origin'
}

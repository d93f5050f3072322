import type { Origin } from '../gateway.ts'
import { type ReturnTo, readLocalAddress, readReturnTo } from './return-to.ts'

/** Where an origin begins for a person: the app at its root, else the nearest to it. */
export function startOf({ apps }: Pick<Origin, 'apps'>): ReturnTo {
  const prefix = apps.at(-1)?.prefix ?? []
  return readReturnTo(`/${prefix.map(encodeURIComponent).join('/')}`, '')
}

/**
 * Where a person lands after signing in or out: at `return_to`, or where the origin begins when there is none that is
 * plainly a page of it. Never at a `/` where no app is.
 */
export function readLanding(
  raw: string | undefined | null,
  origin: Pick<Origin, 'apps'>,
  authPrefix: string,
): ReturnTo {
  const returnTo = readReturnTo(raw, authPrefix)
  return returnTo === '/' ? startOf(origin) : returnTo
}

/**
 * The page that a form was sent from, or that a frame stands in, by `Referer` (RFC 9110 10.1.3): one that begins with
 * this very origin and goes on as a `return_to` may; null for every other. It is written by the browser, and says no
 * more than a link could.
 */
export function readReferringPage(
  referer: string | undefined,
  { origin }: Pick<Origin, 'origin'>,
  authPrefix: string,
): ReturnTo | null {
  if (referer === undefined || !referer.startsWith(`${origin}/`)) return null
  return readLocalAddress(referer.slice(origin.length), authPrefix)
}

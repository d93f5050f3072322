import type { App } from '../../core/gateway.ts'
import { type PublicAddress, publicAddress, toPublicLocation } from '../../core/headers/public-address.ts'
import { showOwn } from '../../core/show.ts'
import type { Finding, FindingsOf } from '../finding.ts'
import { withheld } from './answer.ts'
import { isOfApiGateway, isOfAws } from './aws-hosts.ts'
import { linksOfHeaders, linksOfJson, linksOfPage, type PageLink, type PageLinks } from './page-links.ts'

/** A page of an app: where browsers have it, and what it is. */
export interface SeenPage {
  /** As the app was asked for it. */
  readonly path: string
  /** `https://wiki.example.com/start`. */
  readonly url: string
  /** HTML; null: it was none. */
  readonly page: string | null
  readonly location: string | null
  /** The same of JSON. */
  readonly json: string | null
  /** How it was compressed though nobody asked for that, so that it was not read; null: it was not. */
  readonly coding: string | null
  /** `Refresh` and `Link` of the answer. */
  readonly refresh: string | null
  readonly link: string | null
  /** What the page may repeat, and is not told again. */
  readonly secrets: readonly string[]
}

/**
 * Links that lead a browser where no app of the gateway is: to the upstream's own host, or below its base path, which
 * browsers know nothing of. The gateway maps `Location`, and reads no page. Looked at are the pages that were asked
 * for. Nothing is said where none had a link.
 */
export function linksFindings(say: FindingsOf, app: App, pages: readonly SeenPage[]): readonly Finding[] {
  const address = publicAddress(app)
  const seen = pages.map((page) => ({ page, links: linksOf(address, page) }))
  const hidden = pages.filter(({ coding }) => coding !== null).map((page) => hiddenFinding(say, page))
  const count = seen.reduce((sum, { links }) => sum + links.filter(({ isSure }) => isSure).length, 0)
  const around = (isSure: boolean) =>
    seen.map(({ page, links }) => {
      const lost = links.filter((link) => link.isSure === isSure && leadsAround(app, address, link))
      return { page, lost }
    })
  const surely = lostOf(address, around(true))
  const maybe = lostOf(address, around(false))
  if (surely !== null) return [say.failed('links', surely.text, cureFor(app, surely.isHost)), ...hidden]
  if (maybe !== null) {
    const saw = `${maybe.text}: if it is asked for, it is not there`
    return [say.warning('links', saw, cureFor(app, maybe.isHost)), ...hidden]
  }
  if (count === 0) return hidden
  const text = `${count} ${count === 1 ? 'link was' : 'links were'} seen, none leads elsewhere`
  return [say.ok('links', text), ...hidden]
}

interface LostLinks {
  readonly page: SeenPage
  readonly lost: readonly Link[]
}

/** What is told of links that lead around, and whether the first leads to another host; null: none does. */
function lostOf(
  address: PublicAddress,
  pages: readonly LostLinks[],
): { readonly text: string; readonly isHost: boolean } | null {
  const texts = pages.map(({ page, lost }) => [
    ...new Set(lost.map(({ name, value }) => `${name} ${told(value, page)}`)),
  ])
  const at = texts.findIndex((some) => some.length > 0)
  const [page, first] = [pages[at]?.page, pages[at]?.lost[0]]
  if (page === undefined || first === undefined) return null
  const shown = (texts[at] ?? []).slice(0, mostShown)
  const more = texts.flat().length - shown.length
  const saw = `${page.path} leads browsers around the gateway: ${shown.join(', ')}`
  return { text: more > 0 ? `${saw}, and ${more} more` : saw, isHost: isOfHost(address, first) }
}

function hiddenFinding(say: FindingsOf, { path, coding }: SeenPage): Finding {
  return say.note(
    'links',
    `${path} is compressed (${showOwn(coding ?? '', 40)}), though \`identity\` was asked for: its links were not read`,
  )
}

const mostShown = 3

type Link = PageLink & { readonly base: string }

function linksOf(address: PublicAddress, seen: SeenPage): readonly Link[] {
  const { page, json, location, url } = seen
  const moved =
    location === null ? [] : [{ name: 'Location', value: toPublicLocation(address, location), isSure: true }]
  const parts: readonly PageLinks[] = [
    { base: null, links: moved },
    linksOfHeaders(seen),
    ...(page === null ? [] : [linksOfPage(page)]),
    ...(json === null ? [] : [linksOfJson(json)]),
  ]
  return parts.flatMap(({ base, links }) =>
    // `base` itself is relative to the page.
    links.map((link) => ({ ...link, base: (base === null ? null : URL.parse(base, url)?.href) ?? url })),
  )
}

function leadsAround(app: App, { basePath, host }: PublicAddress, { base, value }: Link): boolean {
  const target = URL.parse(value, base)
  if (target === null || !/^https?:$/.test(target.protocol)) return false
  if (target.host !== host) return hostsOf(app).has(target.host)
  const isBelow = (path: string) => path === basePath || path.startsWith(`${basePath}/`)
  return basePath !== '' && isBelow(target.pathname) && !isBelow(new URL(app.url).pathname)
}

/** Whether a link leads to another host than the public one. */
function isOfHost({ host }: PublicAddress, { base, value }: Link): boolean {
  return URL.parse(value, base)?.host !== host
}

function hostsOf({ upstream }: App): ReadonlySet<string> {
  return new Set([upstream.ownOrigin, upstream.origin].map((origin) => new URL(origin).host))
}

/** What may be a secret of somebody's stands behind the question mark. */
function told(link: string, { secrets }: SeenPage): string {
  return showOwn(withheld(link.replace(/[?#].*$/s, ''), secrets), 80)
}

function cureFor(app: App, isHost: boolean): string {
  if (isHost && isOfAws(app))
    return 'The app takes the host of AWS for its own. Set HTTP_HOST to the public host before it is asked (docs/aws.md shows the line), or invoke the function itself (`upstream.lambda`).'
  return isOfApiGateway(app.upstream)
    ? "serverless-wsgi and Zappa write the stage where `Host` is API Gateway's own: set STRIP_STAGE_PATH=yes for serverless-wsgi, or give the API a custom domain without a stage and write that as `url`, or invoke the function itself (`upstream.lambda`)."
    : 'Have the app make its links of X-Forwarded-Host, X-Forwarded-Proto and X-Forwarded-Prefix, or without a host.'
}

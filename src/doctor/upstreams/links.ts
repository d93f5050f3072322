import type { App } from '../../core/gateway.ts'
import { type PublicAddress, publicAddress, toPublicLocation } from '../../core/headers/public-address.ts'
import { showOwn } from '../../core/show.ts'
import type { Finding, FindingsOf } from '../finding.ts'
import { withheld } from './answer.ts'
import { isOfApiGateway, isOfAws } from './aws-hosts.ts'

/** A page of an app: where browsers have it, and what it is. */
export interface SeenPage {
  /** As the app was asked for it. */
  readonly path: string
  /** `https://wiki.example.com/start`. */
  readonly url: string
  /** HTML; null: it was none. */
  readonly page: string | null
  readonly location: string | null
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
  const count = seen.reduce((sum, { links }) => sum + links.length, 0)
  if (count === 0) return []
  const lost = seen.map(({ page, links }) => {
    const around = links.filter(({ value }) => leadsAround(app, address, page, value))
    return {
      page,
      links: around,
      texts: [...new Set(around.map(({ name, value }) => `${name} ${told(value, page)}`))],
    }
  })
  const first = lost.find(({ texts }) => texts.length > 0)
  if (first === undefined)
    return [say.ok('links', `${count} ${count === 1 ? 'link was' : 'links were'} seen, none leads elsewhere`)]
  const shown = first.texts.slice(0, mostShown)
  const more = lost.reduce((sum, { texts }) => sum + texts.length, 0) - shown.length
  const saw = `${first.page.path} leads browsers around the gateway: ${shown.join(', ')}`
  const isHost = isOfHost(address, first.page, first.links[0]?.value ?? '')
  return [say.failed('links', more > 0 ? `${saw}, and ${more} more` : saw, cureFor(app, isHost))]
}

const mostShown = 3

interface Link {
  readonly name: string
  readonly value: string
}

/** Attributes of HTML that browsers follow, or send forms to; `content` where a page sends them on by itself. */
const attribute = /[\s"'/](href|src|action|formaction|content)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))/gi
const refresh = /^\s*\d+(?:\.\d+)?\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']+)/i

function linksOf(address: PublicAddress, { page, location }: SeenPage): readonly Link[] {
  const found = [...withoutComments(page ?? '').matchAll(attribute)].flatMap(
    ([, name = '', double, single, bare]): readonly Link[] => {
      const value = (double ?? single ?? bare ?? '').replaceAll('&amp;', '&').trim()
      if (name.toLowerCase() !== 'content') return [{ name: name.toLowerCase(), value }]
      const to = refresh.exec(value)?.[1]
      return to === undefined ? [] : [{ name: 'refresh', value: to.trim() }]
    },
  )
  const moved = location === null ? [] : [{ name: 'Location', value: toPublicLocation(address, location) }]
  return [...moved, ...found]
}

function withoutComments(page: string): string {
  const [first = '', ...rest] = page.split('<!--')
  return [
    first,
    ...rest.map((part) => (part.includes('-->') ? part.slice(part.indexOf('-->') + 3) : '')),
  ].join(' ')
}

function leadsAround(app: App, { basePath, host }: PublicAddress, { url }: SeenPage, link: string): boolean {
  const target = URL.parse(link, url)
  if (target === null || !/^https?:$/.test(target.protocol)) return false
  if (target.host !== host) return hostsOf(app).has(target.host)
  const isBelow = (path: string) => path === basePath || path.startsWith(`${basePath}/`)
  return basePath !== '' && isBelow(target.pathname) && !isBelow(new URL(app.url).pathname)
}

/** Whether a link leads to another host than the public one. */
function isOfHost({ host }: PublicAddress, { url }: SeenPage, link: string): boolean {
  return URL.parse(link, url)?.host !== host
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

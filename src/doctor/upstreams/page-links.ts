/** Where a page may send a browser. */
export interface PageLink {
  /** `href`, `srcset`, `url()`: where it stands. */
  readonly name: string
  readonly value: string
  /** False: a text of a script or of JSON, which may be no address at all. */
  readonly isSure: boolean
}

/** Links of a page, and what its relative ones are relative to; null: the page itself. */
export interface PageLinks {
  readonly base: string | null
  readonly links: readonly PageLink[]
}

/** A tag up to its end. Whoever writes `<` in a text shows it, and links nowhere. Takes time as the page is long. */
const tag = /<([a-z][a-z0-9-]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>/gi
const attribute = /(?<=^|[\s"'/])([a-z][\w:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))/gi
/** What browsers follow, load or send forms to, and what htmx makes of that. */
const addresses = /^(?:href|xlink:href|src|action|formaction|poster|hx-(?:get|post|put|patch|delete))$/
const refresh = /^\s*\d+(?:\.\d+)?\s*[;,]\s*(?:url\s*=\s*)?["']?([^"']+)/i
const inStyles = /(?:url\(\s*["']?|@import\s+["'])([^"')\s]{1,2000})/gi
/** A text that begins as an address does, in quotes of JavaScript or JSON. */
const inScripts = /["'`]((?:https?:\/)?\/[^"'`\s<>\\${]{0,2000})/g

/** Links of HTML: of tags, style sheets and scripts within it. The files that it names are not asked for. */
export function linksOfPage(page: string): PageLinks {
  const html = withoutComments(page)
  const tags = [...html.matchAll(tag)].map(([, name = '', attributes = '']) => ({
    name: name.toLowerCase(),
    found: linksOfTag(name.toLowerCase(), attributes),
  }))
  const bases = tags.flatMap(({ name, found }) => (name === 'base' ? found : []))
  // A page may hold more links than a call takes arguments, so none is spread into one.
  const links = [
    ...tags.flatMap(({ found }) => found),
    ...textsOf(html, 'style').flatMap(linksOfStyle),
    ...textsOf(html, 'script').flatMap((text) => linksOfScript(text, 'script')),
  ]
  return { base: bases.find((link) => link.name === 'href')?.value ?? null, links }
}

/** Addresses among the texts of JSON. */
export function linksOfJson(json: string): PageLinks {
  return { base: null, links: linksOfScript(json, 'JSON') }
}

/** `Refresh: 0; url=/next`, which browsers follow, and `Link: </a.css>; rel=preload`. */
export function linksOfHeaders(headers: {
  readonly refresh: string | null
  readonly link: string | null
}): PageLinks {
  const to = refresh.exec(headers.refresh ?? '')?.[1]
  const links = [...(headers.link ?? '').slice(0, 8192).matchAll(/<([^<>]+)>/g)]
  return {
    base: null,
    links: [
      ...(to === undefined ? [] : [sure('Refresh', to)]),
      ...links.map(([, value = '']) => sure('Link', value)),
    ],
  }
}

function linksOfTag(tagName: string, attributes: string): readonly PageLink[] {
  return [...attributes.matchAll(attribute)].flatMap(([, written = '', double, single, bare]) => {
    const name = written.toLowerCase()
    const value = (double ?? single ?? bare ?? '').replaceAll('&amp;', '&')
    if (addresses.test(name) || (name === 'data' && tagName === 'object')) return [sure(name, value)]
    if (name === 'srcset' || name === 'imagesrcset')
      return value.split(',').map((one) => sure(name, one.trim().split(/\s/)[0] ?? ''))
    if (name === 'style') return linksOfStyle(value.replaceAll('&quot;', '"'))
    if (name === 'content' && tagName === 'meta') {
      const to = refresh.exec(value)?.[1]
      return to === undefined ? [] : [sure('refresh', to)]
    }
    return /^on[a-z]+$/.test(name) ? linksOfScript(value.replaceAll('&quot;', '"'), 'script') : []
  })
}

function linksOfStyle(text: string): readonly PageLink[] {
  return [...text.matchAll(inStyles)].map(([, value = '']) => sure('url()', value))
}

function linksOfScript(text: string, name: string): readonly PageLink[] {
  const plain = text.replaceAll(/\\(?:\/|u002f|x2f)/gi, '/')
  return [...plain.matchAll(inScripts)].map(([, value = '']) => ({ name, value, isSure: false }))
}

function sure(name: string, value: string): PageLink {
  return { name, value: value.trim(), isSure: true }
}

function withoutComments(page: string): string {
  const [first = '', ...rest] = page.split('<!--')
  return [
    first,
    ...rest.map((part) => (part.includes('-->') ? part.slice(part.indexOf('-->') + 3) : '')),
  ].join(' ')
}

/** What stands within elements of a name, up to the end of the page where one never ends. */
function textsOf(html: string, name: string): readonly string[] {
  const [, ...parts] = html.split(new RegExp(`<${name}(?=[\\s>/])`, 'i'))
  return parts.map((part) => {
    const inner = part.slice(part.indexOf('>') + 1)
    const end = inner.search(new RegExp(`</${name}`, 'i'))
    return end === -1 ? inner : inner.slice(0, end)
  })
}

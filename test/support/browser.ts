// A browser without a screen: a cookie jar that follows redirects and says of itself what a navigation says. Cookies
// are kept as browsers keep them, as far as the gateway depends on it: by host (ports do not matter), deleted by date,
// `__Host-` and Secure only where allowed.
import http from 'node:http'

export interface Page {
  readonly status: number
  readonly url: URL
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  /** Every address that was asked for, oldest first. */
  readonly visited: readonly string[]
}

export interface VisitOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly follow?: boolean
}

const navigation = {
  accept: 'text/html,application/xhtml+xml',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-site': 'none',
}

export class Browser {
  readonly #jars = new Map<string, Map<string, string>>()

  cookies(host: string): Map<string, string> {
    const known = this.#jars.get(host)
    if (known !== undefined) return known
    const jar = new Map<string, string>()
    this.#jars.set(host, jar)
    return jar
  }

  async visit(address: string | URL, options: VisitOptions = {}): Promise<Page> {
    let url = new URL(address)
    let current = options
    const visited: string[] = []
    for (let hops = 0; hops < 20; hops++) {
      visited.push(url.href)
      const page = await this.#request(url, current, visited)
      const location = page.headers.location
      if (options.follow === false || location === undefined || page.status < 300 || page.status > 399)
        return page
      url = new URL(location, url)
      current = {}
    }
    throw new Error(`a loop of redirects: ${visited.slice(-4).join(' → ')}`)
  }

  async #request(url: URL, options: VisitOptions, visited: readonly string[]): Promise<Page> {
    const jar = this.cookies(url.hostname)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const body = options.form === undefined ? undefined : new URLSearchParams(options.form).toString()
    const headers = {
      ...navigation,
      ...(cookie === '' ? {} : { cookie }),
      ...(body === undefined
        ? {}
        : {
            'content-type': 'application/x-www-form-urlencoded',
            'content-length': String(Buffer.byteLength(body)),
          }),
      ...options.headers,
    }
    const method = options.method ?? (body === undefined ? 'GET' : 'POST')
    const page = await send(url, method, headers, body)
    for (const line of page.headers['set-cookie'] ?? []) keep(jar, line)
    return { ...page, url, visited: [...visited] }
  }
}

function keep(jar: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split('; ')
  const at = pair.indexOf('=')
  const name = pair.slice(0, at)
  const value = pair.slice(at + 1)
  const gone = attributes.some((attribute) => /^max-age=0$|^expires=thu, 01 jan 1970/i.test(attribute))
  if (gone) jar.delete(name)
  else jar.set(name, value)
}

function send(url: URL, method: string, headers: http.OutgoingHttpHeaders, body: string | undefined) {
  return new Promise<Omit<Page, 'url' | 'visited'>>((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: false }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts).toString('utf8'),
        })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

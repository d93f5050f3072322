// Several gateways behind one address, as a balancer sees them: each request goes to the one that it gives it to.
import http from 'node:http'

export interface BalancedAnswer {
  readonly status: number
  readonly location: string
  readonly cookies: readonly string[]
  readonly body: string
}

export interface Balanced {
  /** A navigation to this one of them. */
  ask(place: { readonly port: number }, path: string, cookie?: string): Promise<BalancedAnswer>
  /** A form's POST of the app itself. */
  post(
    place: { readonly port: number },
    path: string,
    cookie: string,
    form?: string,
    type?: string,
  ): Promise<BalancedAnswer>
}

/** `host` is what the browser asks for. */
export function createBalanced(host: string): Balanced {
  const navigation = { host, accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
  const send = (
    place: { readonly port: number },
    path: string,
    method: string,
    headers: http.OutgoingHttpHeaders,
    body = '',
  ): Promise<BalancedAnswer> =>
    new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port: place.port, path, method, headers, agent: false }
      const request = http.request(options, (response) => {
        let answer = ''
        response.setEncoding('utf8').on('data', (text: string) => {
          answer += text
        })
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            location: response.headers.location ?? '',
            cookies: response.headers['set-cookie'] ?? [],
            body: answer,
          }),
        )
      })
      request.on('error', reject).end(body)
    })
  return {
    ask: (place, path, cookie = '') =>
      send(place, path, 'GET', { ...navigation, ...(cookie === '' ? {} : { cookie }) }),
    post: (place, path, cookie, form = '', type = 'application/x-www-form-urlencoded') => {
      const own = { cookie, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }
      const body = {
        'content-length': String(Buffer.byteLength(form)),
        ...(form === '' ? {} : { 'content-type': type }),
      }
      return send(place, path, 'POST', { ...navigation, ...own, ...body }, form)
    },
  }
}

/** `name=value` of a Set-Cookie line. */
export function pairOf(line = ''): string {
  return line.split(';')[0] ?? ''
}

// Somebody whose session ended while a form was filled in: the way from the form over the sign-in to the app, in raw HTTP.
import type { AtUpstream, HeldApp } from './held-app.ts'
import { settled } from './held-connection.ts'
import { streamed } from './streamed.ts'

export interface Sent {
  readonly method?: string
  readonly cookie?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Reply {
  readonly status: number
  readonly location: string
  readonly cookies: ReadonlyMap<string, string>
  readonly text: string
}

/** What a browser of today says of a form that a page of the origin sends. */
export const ofForm = {
  accept: 'text/html',
  origin: 'https://wiki.example',
  referer: 'https://wiki.example/orders/new',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'content-type': 'application/x-www-form-urlencoded',
} as const

export const idleSeconds = 3600

export async function ask(app: HeldApp, target: string, sent: Sent = {}): Promise<Reply> {
  return readReply(await app.ask(bytesOf(target, sent)))
}

/** The request as it goes over the wire. */
export function bytesOf(target: string, { method = 'GET', cookie, headers = {}, body }: Sent): string {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: wiki.example',
    ...Object.entries({ accept: 'text/html', ...headers }).map(([name, value]) => `${name}: ${value}`),
    ...(cookie === undefined ? [] : [`Cookie: ${cookie}`]),
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]),
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

export function readReply(text: string): Reply {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const cookies = [...head.matchAll(/^set-cookie: ([^=]+)=([^;]*)/gim)]
  return {
    status: Number(head.split(' ')[1]),
    location: /^location: (.*)$/im.exec(head)?.[1]?.trim() ?? '',
    cookies: new Map(cookies.map(([, name = '', value = '']) => [name, value])),
    text: rest.join('\r\n\r\n'),
  }
}

/** The cookies of a reply over those that were there; empty ones are gone. */
export function jarOf(before: string, { cookies }: Reply): string {
  const all = new Map(
    before
      .split('; ')
      .filter((pair) => pair !== '')
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)] as const),
  )
  for (const [name, value] of cookies) all.set(name, value)
  return [...all]
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}=${value}`)
    .join('; ')
}

export function sendForm(
  app: HeldApp,
  cookie: string,
  sent: Sent = {},
  target = '/orders?a=1',
): Promise<Reply> {
  const { headers, ...more } = sent
  return ask(app, target, {
    method: 'POST',
    cookie,
    body: 'item=tea&count=2',
    ...more,
    headers: { ...ofForm, ...headers },
  })
}

/** From the provider back to us. */
export async function comeBack(app: HeldApp, cookie: string, { location }: Reply): Promise<Reply> {
  const { searchParams: asked } = new URL(location)
  const { pathname } = new URL(asked.get('redirect_uri') ?? 'https://wiki.example/.auth/callback')
  return ask(app, `${pathname}?code=c&state=${asked.get('state') ?? ''}`, { cookie })
}

/** What the page of a form posts, and where; whether it does so by itself. */
export function formOn({ text }: Reply): {
  readonly to: string
  readonly link: string
  readonly alone: boolean
} {
  const page = text
    .replaceAll(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replaceAll('&amp;', '&')
  return {
    to: /<form method="post" action="([^"]*)"/.exec(page)?.[1] ?? '',
    link: /name="claimgate-resume" value="([^"]*)"/.exec(page)?.[1] ?? '',
    alone: page.includes('document.forms[0].submit()'),
  }
}

/** As a browser posts it. */
export function pressSend(
  app: HeldApp,
  cookie: string,
  { to, link }: { readonly to: string; readonly link: string },
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const body = `claimgate-resume=${link}\r\n`
  return ask(app, to, {
    method: 'POST',
    cookie,
    body,
    headers: { ...ofForm, 'content-type': 'text/plain', ...headers },
  })
}

export async function bodyOf({ request }: AtUpstream): Promise<string> {
  const pieces: Buffer[] = []
  streamed(request.body)?.on('data', (piece: Buffer) => pieces.push(piece))
  await settled()
  return Buffer.concat(pieces).toString('latin1')
}

export function headerOf({ request }: AtUpstream, name: string): readonly string[] {
  const { headers } = request
  return headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === name)
}

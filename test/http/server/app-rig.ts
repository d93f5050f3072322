import type { Test } from 'tap'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { openHeldApp } from '../../support/held-app.ts'

export const site = 'https://wiki.example'
export const secret = 'the-secret-that-the-wiki-checks-on-each-request'
export const yaml = (inner = 'require: signed_in') => `
providers:
  op: { issuer: "https://op.example", client_id: c, client_secret: s }
  form: { issuer: "https://form.example", client_id: c, client_secret: s, user_id_prefix: "f:", response_mode: form_post }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps:
  wiki:
    url: ${site}
    upstream: http://10.9.9.9
    provider: [op, form]
    shared_secret: ${secret}
    identity_headers: { X-Note: note }
    require: signed_in
    locations: [{ path: /open, require: anyone }, { path: /in, ${inner} }]
`
export const open = (t: Test, change: Partial<Runtime> = {}) => openHeldApp(t, yaml(), change)

export interface Asking {
  readonly method?: string
  readonly headers?: readonly string[]
  readonly body?: string
}

export function bytesOf(path: string, { method = 'GET', headers = [], body }: Asking = {}): string {
  const length = body === undefined ? [] : [`Content-Length: ${body.length}`]
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: wiki.example', ...length, ...headers]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

export const form = 'Content-Type: application/x-www-form-urlencoded'
export const same = 'Sec-Fetch-Site: same-origin'

export const head = (...headers: string[]) => ({ statusCode: 200, reasonPhrase: null, headers })

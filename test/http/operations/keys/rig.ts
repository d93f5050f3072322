// The administrators’ address, open to a test.
import type { Test } from 'tap'
import type { AdminSettings } from '../../../../src/core/admin-settings.ts'
import type { ApiKeySettings } from '../../../../src/core/keys/api-key-settings.ts'
import { Secret } from '../../../../src/core/secret.ts'
import { createAdmin } from '../../../../src/http/operations/admin.ts'
import { checkAdminToken } from '../../../../src/http/operations/keys/admin-token.ts'
import type { KeyAddresses } from '../../../../src/http/operations/keys/key-addresses.ts'
import { openKeyPlace } from '../../../support/key-place.ts'

export const token = 'a-token-of-more-than-thirty-two-bytes'

export const settings: AdminSettings = { host: '127.0.0.1', port: 0, tls: [], token: new Secret(token) }

export const bearer = { authorization: `Bearer ${token}` }

export const json = { ...bearer, 'content-type': 'application/json' }

export const shop = { name: 'shop', user: 'shop', expires: '365d' }

export interface Sent {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'DELETE' | 'PUT' | 'PATCH'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly remoteAddress?: string
}

export function open(
  t: Test,
  { keys = {}, ...more }: Partial<KeyAddresses> & { keys?: Partial<ApiKeySettings> } = {},
) {
  const held = openKeyPlace(t, keys)
  const told: { event: string; fields: object }[] = []
  const refused: string[] = []
  const failures: unknown[] = []
  const addresses: KeyAddresses = {
    token: () => settings.token,
    place: () => held.place,
    check: checkAdminToken(
      () => held.clock.monotonicMs(),
      (network) => void refused.push(network),
    ),
    changed: (event, fields) => void told.push({ event, fields }),
    failed: (thrown) => void failures.push(thrown),
    ...more,
  }
  const answers = {
    readiness: async () => ({ ready: true, store: 'ok', draining: false, providers: {} }) as const,
    metrics: async () => '',
  }
  const admin = createAdmin(answers, settings, addresses)
  t.teardown(() => admin.close())
  const ask = async (
    url: string,
    { method = 'GET', headers = bearer, body, remoteAddress = '127.0.0.1' }: Sent = {},
  ) => {
    const payload =
      body === undefined || typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body)
    const answer = await admin.inject({
      method,
      url,
      headers,
      remoteAddress,
      ...(payload === undefined ? {} : { payload }),
    })
    const { statusCode: status, headers: got } = answer
    return { status, headers: got, body: answer.body === '' ? null : JSON.parse(answer.body) }
  }
  const post = (url: string, body: unknown, headers: Readonly<Record<string, string>> = json) =>
    ask(url, { method: 'POST', headers, body })
  return { ...held, told, refused, failures, admin, ask, post }
}

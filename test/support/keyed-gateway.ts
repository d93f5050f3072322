// A gateway with a key in its store, and short tokens for that key.
import type { Test } from 'tap'
import type { ApiKey } from '../../src/core/keys/api-key.ts'
import { storeKey, type TestKey } from './api-keys.ts'
import { startTestGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts'

export interface KeyedGateway {
  readonly gateway: TestGateway
  readonly folder: string
  readonly key: TestKey
}

export type Form = Readonly<Record<string, string>>

/** Closed with the test. */
export async function startKeyedGateway(
  t: Test,
  yaml: TestGatewayOptions['yaml'],
  changes: Partial<ApiKey>,
): Promise<KeyedGateway> {
  const folder = t.testdir()
  const gateway = await startTestGateway({ yaml, folder })
  t.teardown(() => gateway.close())
  return { gateway, folder, key: await storeKey(t, folder, changes) }
}

/** The pair of a key as a form has it. */
export const inForm = ({ id, secret }: TestKey): Form => ({ client_id: id, client_secret: secret })

/** `url` is that of an app. */
export function askForShortToken(url: string, form: Form, headers: Form = {}): Promise<Response> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form })
  return fetch(`${url}/.auth/token`, { method: 'POST', body, headers })
}

export async function shortTokenOf(url: string, key: TestKey, form: Form = {}): Promise<string> {
  const answer = await askForShortToken(url, { ...inForm(key), ...form })
  const body: unknown = await answer.json()
  if (answer.status !== 200) throw new Error(JSON.stringify(body))
  return (body as { access_token: string }).access_token
}

import { isObject } from '../core/json.ts'
import { limits } from '../core/limits/table.ts'
import { networkText } from './fault.ts'
import { redirectStatuses, sameOriginTarget } from './metadata-redirect.ts'

/** What a first look at a provider's metadata showed: its fields as they came, or why there are none. */
export type MetadataAnswer =
  | { readonly ok: true; readonly issuer: string; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: string }

const timeoutMs = 5_000

/**
 * OpenID Connect Discovery section 4: the metadata at an address. Never throws and never waits long: a provider
 * that cannot be asked is an answer too. For commands, which ask before there is a configuration with a CA or a proxy for
 * it: what serves goes by `transport`. The reasons begin with "it" and mean the provider.
 */
export async function askForMetadata(address: string, signal?: AbortSignal): Promise<MetadataAnswer> {
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetchFollowingOne(
      address,
      signal === undefined ? limit : AbortSignal.any([limit, signal]),
    )
    if (response.status !== 200) {
      await response.body?.cancel()
      return { ok: false, reason: `it answers ${response.status}` }
    }
    const text = await readText(response)
    if (text === null) return { ok: false, reason: 'it answers with more than 1 MiB' }
    const fields: unknown = JSON.parse(text)
    const issuer = isObject(fields) ? fields.issuer : undefined
    if (!isObject(fields) || typeof issuer !== 'string') {
      return { ok: false, reason: 'its metadata names no issuer' }
    }
    return { ok: true, issuer, fields }
  } catch (error) {
    return { ok: false, reason: reasonOf(error, address) }
  }
}

/** As what serves does: one redirect to the same origin is followed. */
async function fetchFollowingOne(address: string, signal: AbortSignal): Promise<Response> {
  const init = { redirect: 'manual', headers: { accept: 'application/json' }, signal } as const
  const response = await fetch(address, init)
  const target = redirectStatuses.has(response.status)
    ? sameOriginTarget(response.headers.get('location'), address, [new URL(address).origin])
    : null
  if (target === null) return response
  await response.body?.cancel()
  return fetch(target, init)
}

/** The texts of a list; null for what is no list. */
export function textsOf(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.filter((member) => typeof member === 'string') : null
}

/** Null when there is more than anybody's metadata; the rest is not waited for. */
async function readText(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > limits.providerAnswerBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function reasonOf(error: unknown, address: string): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'no answer within 5 seconds'
  if (error instanceof SyntaxError) return 'its metadata is no JSON'
  return networkText(error, address, false)
}

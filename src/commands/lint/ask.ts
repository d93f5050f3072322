import type { ProviderAnswer } from '../../config/lint/subject.ts'
import type { ProviderSettings } from '../../core/gateway.ts'

const timeoutMs = 5_000
const mostBytes = 512 * 1024

/**
 * One request to each provider, for its metadata (OpenID Connect Discovery 1.0 section 4). Never throws and never
 * waits long: a provider that cannot be asked is an answer too.
 */
export async function askProviders(
  providers: readonly ProviderSettings[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, ProviderAnswer>> {
  const answers = await Promise.all(
    providers.map(async (provider) => [provider.name, await askOne(provider, signal)] as const),
  )
  return new Map(answers)
}

async function askOne(
  { issuer, internalUrl }: ProviderSettings,
  signal?: AbortSignal,
): Promise<ProviderAnswer> {
  const base = (internalUrl ?? issuer).replace(/\/$/, '')
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(`${base}/.well-known/openid-configuration`, {
      // A provider's metadata is where it says; elsewhere somebody else speaks.
      redirect: 'error',
      headers: { accept: 'application/json' },
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      return { ok: false, reason: `it answers ${response.status}` }
    }
    const text = await readText(response)
    return text === null
      ? { ok: false, reason: 'it answers with more than 512 KiB' }
      : readAnswer(JSON.parse(text))
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  }
}

/** Null when there is more than anybody's metadata; the rest is not waited for. */
async function readText(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > mostBytes) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readAnswer(metadata: unknown): ProviderAnswer {
  const fields: Readonly<Record<string, unknown>> = isRecord(metadata) ? metadata : {}
  const { issuer, claims_supported: claims, scopes_supported: scopes } = fields
  if (typeof issuer !== 'string') return { ok: false, reason: 'its metadata names no issuer' }
  return { ok: true, issuer, claims: textsOf(claims), scopes: textsOf(scopes) }
}

function textsOf(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.filter((member) => typeof member === 'string') : null
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  if (error.name === 'TimeoutError') return 'no answer within 5 seconds'
  if (error instanceof SyntaxError) return 'its metadata is no JSON'
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : error.message
}

/** What a first look at a provider's metadata showed. */
export type Discovery =
  | {
      readonly ok: true
      /** As the provider writes it: tokens will bear exactly this. */
      readonly issuer: string
      readonly signsOut: boolean
      readonly scopes: readonly string[]
    }
  | { readonly ok: false; readonly reason: string }

const timeoutMs = 5_000
const mostBytes = 512 * 1024

/**
 * OpenID Connect Discovery section 4: metadata from below the issuer. Never throws and never waits long: a provider
 * that cannot be reached is a reason, and a first file can be written without it.
 */
export async function discover(issuer: string, signal?: AbortSignal): Promise<Discovery> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      // A provider's metadata is where it says; elsewhere somebody else speaks.
      redirect: 'error',
      headers: { accept: 'application/json' },
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    })
    if (response.status !== 200) return { ok: false, reason: `${url} answers ${response.status}` }
    const text = await readText(response)
    if (text === null) return { ok: false, reason: `${url} answers with more than 512 KiB` }
    return readMetadata(JSON.parse(text), url)
  } catch (error) {
    return { ok: false, reason: `${url} cannot be read: ${reasonOf(error)}` }
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

function readMetadata(metadata: unknown, url: string): Discovery {
  const fields: Readonly<Record<string, unknown>> = isRecord(metadata) ? metadata : {}
  const { issuer, end_session_endpoint: endSession, scopes_supported: scopes } = fields
  if (typeof issuer !== 'string') return { ok: false, reason: `${url} names no issuer` }
  const supported = Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : []
  return { ok: true, issuer, signsOut: typeof endSession === 'string', scopes: supported }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  if (error.name === 'TimeoutError') return 'no answer within 5 seconds'
  if (error instanceof SyntaxError) return 'it is no JSON'
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : error.message
}

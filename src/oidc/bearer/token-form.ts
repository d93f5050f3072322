import { limits } from '../../core/limits/table.ts'

const b64token = /^[A-Za-z0-9._~+/-]+=*$/
const jws = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

/** Why a text cannot be an access token that a provider is asked of (RFC 6750 2.1); null: it can. */
export function tokenFormProblem(raw: string): string | null {
  const most = jws.test(raw) ? limits.accessTokenBytes : limits.opaqueTokenBytes
  if (raw.length > most) return `it has ${raw.length} characters, at most ${most} are read`
  return b64token.test(raw) ? null : 'it has characters that no access token has'
}

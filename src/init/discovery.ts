import { askForMetadata, textsOf } from '../oidc/first-look.ts'

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

/** Never throws and never waits long: a first file can be written without the provider. */
export async function discover(metadata: string, signal?: AbortSignal): Promise<Discovery> {
  const answer = await askForMetadata(metadata, signal)
  if (!answer.ok) return { ok: false, reason: `${metadata} cannot be read: ${answer.reason}` }
  const { end_session_endpoint: endSession, scopes_supported: scopes } = answer.fields
  return {
    ok: true,
    issuer: answer.issuer,
    signsOut: typeof endSession === 'string',
    scopes: textsOf(scopes) ?? [],
  }
}

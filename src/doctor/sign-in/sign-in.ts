import { errorCode } from '../../core/error-code.ts'
import { isFault } from '../../core/fault.ts'
import { readJsonObject } from '../../core/json-object.ts'
import type { Identity } from '../../core/ports.ts'
import type { ProviderSettings } from '../../core/provider-settings.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import { beginTransaction } from '../../core/session/transaction.ts'
import type { InspectionDeps } from '../../oidc/inspection/inspection.ts'
import { createProvider } from '../../oidc/provider.ts'
import { type Finding, type FindingsOf, findingsOf } from '../finding.ts'
import type { AskedProvider } from '../providers/asked.ts'
import { judgeSignIn } from './judge.ts'
import { type Loopback, openLoopback } from './loopback.ts'

export interface SignInDeps extends InspectionDeps {
  /** Of the loopback; 0 for a free one, which only a provider that minds no port takes (RFC 8252 7.3). */
  readonly port: number
  /** Where the person is told which address to open. */
  readonly announce: (text: string) => void
  /** Until when somebody may sign in. */
  readonly patience: AbortSignal
}

/**
 * Signs a person in, as the gateway does, over a redirect to this machine: what came of it is told by names and sizes,
 * never by value. No session begins, and the tokens are dropped.
 */
export async function signInFindings(asked: AskedProvider, deps: SignInDeps): Promise<readonly Finding[]> {
  const { port } = deps
  const say = findingsOf(`providers.${asked.settings.name}`)
  const loopback = await openLoopback(port).catch((thrown: unknown) => errorCode(thrown) ?? 'unknown')
  if (typeof loopback === 'string') {
    const sentence = `127.0.0.1:${port} cannot be listened on (${loopback})`
    return [say.failed('sign-in', sentence, 'Choose another --port.')]
  }
  try {
    return await signInOver(loopback, say, asked, deps)
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return [say.failed('sign-in', thrown.message, 'People who sign in end there too.')]
  } finally {
    await loopback.close()
  }
}

/** Throws the fault that the sign-in ends in. */
async function signInOver(
  loopback: Loopback,
  say: FindingsOf,
  { settings, claims: named, keepsTokens }: AskedProvider,
  { clock, random, proxyEnv, announce, patience }: SignInDeps,
): Promise<readonly Finding[]> {
  const { redirectUri } = loopback
  let refreshToken = false
  const redeemed = (came: boolean): void => {
    refreshToken = came
  }
  const observer = { dated: () => {}, connected: () => {}, redeemed }
  const provider = createProvider(settings, { clock, random, proxyEnv, observer })
  try {
    const transaction = beginTransaction(signInAt(settings, redirectUri), random, clock.now())
    const { href } = await provider.authorizationUrl(transaction, redirectUri, plainWish, keepsTokens)
    announce(
      `Register ${redirectUri} at ${settings.name} for as long as this takes, and open:\n\n  ${href}\n\n`,
    )
    const parameters = await loopback.answer(transaction.state, patience)
    if (parameters === null) {
      const cure = `Where the provider showed an error, ${redirectUri} is not registered there.`
      return [say.failed('sign-in', 'nobody came back', cure)]
    }
    const network = { key: '127.0.0.1', hidden: false }
    const identity = await provider.exchange(parameters, transaction, redirectUri, clock.now(), network)
    return judgeSignIn(say, {
      claims: identity.claims,
      ofIdToken: payloadOf(identity),
      refreshToken,
      keepsTokens,
      named,
    })
  } finally {
    await provider.close()
  }
}

function signInAt(provider: ProviderSettings, redirectUri: string) {
  const { origin } = new URL(redirectUri)
  return { provider, origin, returnTo: null, replaces: null, isSecond: false, wish: plainWish }
}

/** Of a token that was verified. */
function payloadOf({ idToken }: Identity) {
  return readJsonObject(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8')) ?? {}
}

import { errorCode } from '../../core/error-code.ts'
import { isFault } from '../../core/fault.ts'
import { readJsonObject } from '../../core/json-object.ts'
import type { Identity } from '../../core/ports.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import { beginTransaction } from '../../core/session/transaction.ts'
import type { InspectionDeps } from '../../oidc/inspection/inspection.ts'
import { createProvider } from '../../oidc/provider.ts'
import { type Finding, findingsOf } from '../finding.ts'
import type { AskedProvider } from '../providers/asked.ts'
import { judgeSignIn } from './judge.ts'
import { openLoopback } from './loopback.ts'

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
export async function signInFindings(
  { settings, claims: named }: AskedProvider,
  deps: SignInDeps,
): Promise<readonly Finding[]> {
  const say = findingsOf(`providers.${settings.name}`)
  const { clock, random, proxyEnv, port, announce, patience } = deps
  let refreshToken = false
  const observer = {
    dated: () => {},
    connected: () => {},
    redeemed: (came: boolean) => {
      refreshToken = came
    },
  }
  const provider = createProvider(settings, { clock, random, proxyEnv, observer })
  const loopback = await openLoopback(port).catch((thrown: unknown) => errorCode(thrown) ?? 'unknown')
  if (typeof loopback === 'string') {
    await provider.close()
    return [
      say.failed(
        'sign-in',
        `127.0.0.1:${port} cannot be listened on (${loopback})`,
        'Choose another --port.',
      ),
    ]
  }
  try {
    const signIn = {
      provider: settings,
      origin: new URL(loopback.redirectUri).origin,
      returnTo: null,
      replaces: null,
      isSecond: false,
      wish: plainWish,
    }
    const transaction = beginTransaction(signIn, random, clock.now())
    const url = await provider.authorizationUrl(transaction, loopback.redirectUri)
    announce(
      `Register ${loopback.redirectUri} at ${settings.name} for as long as this takes, and open:\n\n  ${url.href}\n\n`,
    )
    const parameters = await loopback.answer(transaction.state, patience)
    if (parameters === null)
      return [
        say.failed(
          'sign-in',
          'nobody came back',
          `Where the provider showed an error, ${loopback.redirectUri} is not registered there.`,
        ),
      ]
    const network = { key: '127.0.0.1', hidden: false }
    const identity = await provider.exchange(
      parameters,
      transaction,
      loopback.redirectUri,
      clock.now(),
      network,
    )
    return judgeSignIn(say, { claims: identity.claims, ofIdToken: payloadOf(identity), refreshToken, named })
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return [say.failed('sign-in', thrown.message, 'People who sign in end there too.')]
  } finally {
    await Promise.all([loopback.close(), provider.close()])
  }
}

/** Of a token that was verified. */
function payloadOf({ idToken }: Identity) {
  return readJsonObject(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString('utf8')) ?? {}
}

import { errorCode } from '../../core/error-code.ts'
import type { AnyFault } from '../../core/fault.ts'
import type { App, UpstreamSettings } from '../../core/gateway.ts'
import { showOwn } from '../../core/show.ts'
import type { Finding, FindingsOf } from '../finding.ts'
import type { UpstreamAnswer } from './ask.ts'

/** Whether the app is there and speaks what the file says: by the first request that came to something. */
export function judgeConnection(
  say: FindingsOf,
  upstream: UpstreamSettings,
  answer: UpstreamAnswer,
): Finding {
  const address = addressOf(upstream)
  if (answer.kind === 'failed') return say.failed('reachable', answer.fault.message, cureOf(answer.fault))
  return say.ok('reachable', `${address} speaks ${upstream.scheme}, as the file says`)
}

/** Where the app is, for people. */
export function addressOf({ socketPath, origin }: UpstreamSettings): string {
  return socketPath === null ? origin : `unix:${socketPath}`
}

function cureOf(fault: AnyFault): string {
  switch (fault.code) {
    case 'UPSTREAM_UNREACHABLE':
      return 'Start the app, or see `upstream`: its host, its port, the network between.'
    case 'UPSTREAM_TLS':
      return 'See the scheme of `upstream`, the certificate of the app, and `ca_file` where a private authority issued it.'
    case 'UPSTREAM_TIMEOUT':
      return 'See whether the app hangs, whether the network lets this machine through, and the scheme of `upstream`.'
    default:
      return 'See whether it is the app that listens there, and the scheme of `upstream`.'
  }
}

/** What one path answered with the secret, and, where there is one, without it (null: there is none). */
export function judgePath(
  say: FindingsOf,
  path: string,
  withSecret: UpstreamAnswer,
  withoutSecret: UpstreamAnswer | null,
): readonly Finding[] {
  const first = judgeWithSecret(say, path, withSecret, withoutSecret)
  return withoutSecret === null ? [first] : [first, judgeWithoutSecret(say, path, withoutSecret)]
}

const refusals: ReadonlySet<number> = new Set([401, 403])

function judgeWithSecret(
  say: FindingsOf,
  path: string,
  answer: UpstreamAnswer,
  withoutSecret: UpstreamAnswer | null,
): Finding {
  const check = withoutSecret === null ? 'as the gateway' : 'with the secret'
  if (answer.kind === 'failed')
    return say.failed(check, `${path}: ${answer.fault.message}`, cureOf(answer.fault))
  const saw = `${path} answers ${said(answer)}`
  if (answer.status >= 500) return say.failed(check, saw, "See the app's own log.")
  if (refusals.has(answer.status))
    return withoutSecret === null
      ? say.note(check, `${saw}: it wants to know who asks, or knows nothing of the gateway`)
      : say.note(
          check,
          `${saw}: it wants to know who asks, or expects another secret`,
          'Compare `shared_secret` with what the app expects, if signed-in people are refused as well.',
        )
  return say.ok(check, saw)
}

/**
 * Whoever finds the address must get nothing: everything but a refusal, and a connection that is not had, is too much.
 */
function judgeWithoutSecret(say: FindingsOf, path: string, answer: UpstreamAnswer): Finding {
  const check = 'without the secret'
  if (answer.kind === 'answered')
    return refusals.has(answer.status)
      ? say.ok(check, `${path} answers ${answer.status}`)
      : say.failed(check, `${path} answers ${said(answer)}`, openCure)
  if (isNoConnection(answer.fault)) return say.ok(check, `${path}: no answer (${answer.fault.message})`)
  return say.failed(check, `${path}: ${answer.fault.message}`, openCure)
}

const openCure =
  'Whoever reaches the app without the gateway gets this: have it answer 401 or 403 to requests without the header of `shared_secret`.'

/** It was refused or closed without a word. An app that is slow may still be at work for whoever asked. */
export function isNoConnection(fault: AnyFault): boolean {
  if (fault.code === 'UPSTREAM_TIMEOUT') return errorCode(fault.cause) === 'UND_ERR_CONNECT_TIMEOUT'
  return ['UPSTREAM_UNREACHABLE', 'UPSTREAM_TLS', 'UPSTREAM_ABORTED'].includes(fault.code)
}

/** An app without a secret can be asked by everyone whom the network lets through. */
export function withoutSecretFinding(say: FindingsOf, { sharedSecret, upstream }: App): readonly Finding[] {
  if (sharedSecret !== null || upstream.socketPath !== null) return []
  return [
    say.warning(
      'without the secret',
      `there is no \`shared_secret\`: ${addressOf(upstream)} answers whoever reaches it`,
      'Set one that the app demands, or see that nothing but the gateway reaches the address.',
    ),
  ]
}

function said({ status, location }: Extract<UpstreamAnswer, { kind: 'answered' }>): string {
  return location === null ? `${status}` : `${status} to ${showOwn(location)}`
}

import { errorCode } from '../../core/error-code.ts'
import type { AnyFault } from '../../core/fault.ts'
import type { App, UpstreamSettings } from '../../core/gateway.ts'
import { showOwn } from '../../core/show.ts'
import type { Finding, FindingsOf } from '../finding.ts'
import type { UpstreamAnswer } from './answer.ts'
import type { AskedPath } from './ask.ts'
import { addressOf, checksOf, lockOf, openCure } from './lock.ts'

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

/** What one path answered to the gateway, and, where something keeps strangers out, to one (null: nobody asked). */
export function judgePath(
  say: FindingsOf,
  { app, path }: AskedPath,
  asGateway: UpstreamAnswer,
  asStranger: UpstreamAnswer | null,
): readonly Finding[] {
  const first = judgeAsGateway(say, app, path, asGateway)
  return asStranger === null ? [first] : [first, judgeAsStranger(say, app, path, asStranger)]
}

const refusals: ReadonlySet<number> = new Set([401, 403])

function judgeAsGateway(say: FindingsOf, app: App, path: string, answer: UpstreamAnswer): Finding {
  const lock = lockOf(app)
  const check = checksOf(lock).asGateway
  if (answer.kind === 'failed')
    return say.failed(check, `${path}: ${answer.fault.message}`, cureOf(answer.fault))
  const saw = `${path} answers ${said(answer)}`
  if (answer.status >= 500) return say.failed(check, saw, "See the app's own log.")
  if (!refusals.has(answer.status)) return say.ok(check, saw)
  return lock === 'secret'
    ? say.note(
        check,
        `${saw}: it wants to know who asks, or expects another secret`,
        'Compare `shared_secret` with what the app expects, if signed-in people are refused as well.',
      )
    : say.note(check, `${saw}: it wants to know who asks, or knows nothing of the gateway`)
}

/**
 * Whoever finds the address must get nothing: everything but a refusal, and a connection that is not had, is too much.
 */
function judgeAsStranger(say: FindingsOf, app: App, path: string, answer: UpstreamAnswer): Finding {
  const check = checksOf(lockOf(app)).asStranger
  if (answer.kind === 'answered')
    return refusals.has(answer.status)
      ? say.ok(check, `${path} answers ${answer.status}`)
      : say.failed(check, `${path} answers ${said(answer)}`, openCure(app))
  if (isNoConnection(answer.fault)) return say.ok(check, `${path}: no answer (${answer.fault.message})`)
  return say.failed(check, `${path}: ${answer.fault.message}`, openCure(app))
}

/** It was refused or closed without a word. An app that is slow may still be at work for whoever asked. */
export function isNoConnection(fault: AnyFault): boolean {
  if (fault.code === 'UPSTREAM_TIMEOUT') return errorCode(fault.cause) === 'UND_ERR_CONNECT_TIMEOUT'
  return ['UPSTREAM_UNREACHABLE', 'UPSTREAM_TLS', 'UPSTREAM_ABORTED'].includes(fault.code)
}

function said({ status, location }: Extract<UpstreamAnswer, { kind: 'answered' }>): string {
  return location === null ? `${status}` : `${status} to ${showOwn(location)}`
}

import { errorCode } from '../../core/error-code.ts'
import type { AnyFault } from '../../core/fault.ts'
import type { App } from '../../core/gateway.ts'
import { showOwn } from '../../core/show.ts'
import type { Finding, FindingsOf } from '../finding.ts'
import type { UpstreamAnswer } from './answer.ts'
import { refusals, refusedFinding, type SameRefusal, sameRefusalFinding } from './app-refusals.ts'
import { type AskedPath, longerPatience, strangerPatience } from './ask.ts'
import { isOfApiGateway, isOfAws } from './aws-hosts.ts'
import type { HttpApiWord } from './http-api.ts'
import { addressOf, checksOf, lockOf, openCure } from './lock.ts'
import { forbiddenCure, otherAuthorizerCure, refusalCure, unknownHttpPathCure } from './refusals.ts'

type Answered = Extract<UpstreamAnswer, { kind: 'answered' }>

/** Whether the app is there and speaks what the file says: by the first request that came to something. */
export function judgeConnection(say: FindingsOf, app: App, answer: UpstreamAnswer): Finding {
  const { upstream } = app
  if (answer.kind === 'failed' && !ofAws.has(answer.fault.code) && !isOfLambda(app, answer.fault))
    return say.failed('reachable', answer.fault.message, cureOf(app, answer.fault))
  return say.ok('reachable', `${addressOf(upstream)} speaks ${upstream.scheme}, as the file says`)
}

/** Something of AWS answered. */
const ofAws: ReadonlySet<string> = new Set([
  'UPSTREAM_REFUSED_US',
  'UPSTREAM_PATH_UNKNOWN',
  'UPSTREAM_FUNCTION_FAILED',
])

/** Lambda answered in the place of the function: its request id stands in the words. */
function isOfLambda({ upstream }: App, { message }: AnyFault): boolean {
  return upstream.lambda !== null && /\bAWS (?:request id|names no request id)\b/.test(message)
}

function cureOf(app: App, fault: AnyFault): string {
  if (isOfLambda(app, fault)) {
    if (fault.code === 'UPSTREAM_TIMEOUT')
      return "See the function's time-out, and what it waits for: its own log, by the request id."
    if (fault.code === 'UPSTREAM_BUSY')
      return "See the function's reserved concurrency (0 switches it off), and how many copies run in the account."
  }
  switch (fault.code) {
    case 'UPSTREAM_UNREACHABLE':
      return isOfAws(app)
        ? `See that this machine reaches AWS: ${wayToAws}`
        : 'Start the app, or see `upstream`: its host, its port, the network between.'
    case 'UPSTREAM_TLS':
      return 'See the scheme of `upstream`, the certificate of the app, and `ca_file` where a private authority issued it.'
    case 'UPSTREAM_TIMEOUT':
      return isOfAws(app)
        ? `See whether the app hangs, and whether this machine reaches AWS: ${wayToAws}`
        : 'See whether the app hangs, whether the network lets this machine through, and the scheme of `upstream`.'
    case 'UPSTREAM_REFUSED_US':
      return refusalCure(app, fault.message)
    case 'UPSTREAM_PATH_UNKNOWN':
      return refusalCure(app, unknownPath)
    case 'UPSTREAM_FUNCTION_FAILED':
      return "See the function's own log, by the request id. It was asked as the gateway asks it, for nobody."
    default:
      return 'See whether it is the app that listens there, and the scheme of `upstream`.'
  }
}

const wayToAws =
  'the host or region in `upstream`, the network, its name servers, and `aws.endpoint`, which a VPC without a way out needs.'

const unknownPath = 'MissingAuthenticationTokenException'

/**
 * Whether API Gateway has no such path. Where IAM is demanded, REST APIs say the same to whoever does not sign. An HTTP API says
 * it to everybody; where it refuses a stranger it has the path, and the app said it.
 */
export function isUnknownPath(
  { app: { upstream } }: AskedPath,
  asGateway: UpstreamAnswer | null,
  asStranger: UpstreamAnswer | null,
): boolean {
  if (asGateway === null) return false
  if (asGateway.kind === 'failed') return asGateway.fault.code === 'UPSTREAM_PATH_UNKNOWN'
  if (asGateway.errorType === unknownPath) return true
  return isOfApiGateway(upstream) && says(asGateway, 'Not Found') && !says(asStranger, 'Forbidden')
}

function says(answer: UpstreamAnswer | null, word: HttpApiWord): boolean {
  return answer?.kind === 'answered' && answer.httpApiSays === word
}

/**
 * What a path answered to the gateway. `isFirst`: it is the app's own start, which has to be there. `isUnknown`: API Gateway
 * has no such path.
 */
export function judgeAsGateway(
  say: FindingsOf,
  asked: AskedPath,
  answer: UpstreamAnswer,
  { isFirst, isUnknown }: { readonly isFirst: boolean; readonly isUnknown: boolean },
): Finding {
  const { app, path } = asked
  const check = checksOf(lockOf(app)).asGateway
  const sayUnknown = isUnknown && !isFirst ? say.warning : say.failed
  if (answer.kind === 'failed') {
    const saw = `${path}: ${answer.fault.message}`
    const cure = cureOf(app, answer.fault)
    return sayUnknown(check, withOwnPatience(saw, asked, answer.fault), cure)
  }
  const saw = `${path} answers ${said(answer)}`
  if (isOfAws(app) && answer.errorType !== null && answer.status >= 400) {
    return sayUnknown(check, awsSaid(saw, answer), refusalCure(app, answer.errorType))
  }
  if (isUnknown && answer.httpApiSays === 'Not Found') {
    const told = `${saw}, as HTTP APIs do for a stage, path or method that they do not have`
    return sayUnknown(check, told, unknownHttpPathCure)
  }
  if (answer.status >= 500) return say.failed(check, saw, "See the app's own log.")
  if (refusals.has(answer.status) && answer.errorType !== null)
    return say.note(
      check,
      `${saw} with AWS's name for it, ${answer.errorType}`,
      refusalCure(app, answer.errorType),
    )
  if (!refusals.has(answer.status)) return say.ok(check, saw)
  // Whatever was wrong.
  if (app.upstream.aws !== null && answer.httpApiSays === 'Forbidden')
    return say.failed(check, awsSaid(saw, answer), forbiddenCure(app))
  if (app.upstream.aws !== null && answer.httpApiSays === 'Unauthorized')
    return say.failed(check, awsSaid(saw, answer), otherAuthorizerCure)
  return refusedFinding(say, asked, check, saw)
}

/** Of one that the gateway would wait longer for it is not known whether it hangs. */
function withOwnPatience(saw: string, asked: AskedPath, fault: AnyFault): string {
  const seconds = fault.code === 'UPSTREAM_TIMEOUT' && !isNoConnection(fault) ? longerPatience(asked) : null
  if (seconds === null) return saw
  const own = saw.replace(' (`timeouts.response`)', '')
  return `${own}; that is as long as doctor waits, and \`timeouts.response\` is ${seconds} s`
}

/**
 * Whoever finds the address must get nothing: everything but a refusal, and a connection that is not had, is too much.
 * `isUnknown`: the gateway was told that there is no such path, so that a refusal says nothing. `same`: why it says
 * nothing of the secret.
 */
export function judgeAsStranger(
  say: FindingsOf,
  asked: AskedPath,
  answer: UpstreamAnswer,
  { isUnknown, same }: { readonly isUnknown: boolean; readonly same: SameRefusal },
): Finding {
  const { app, path } = asked
  const check = checksOf(lockOf(app)).asStranger
  const where = app.upstream.lambda === null ? path : 'an invocation'
  if (answer.kind === 'failed') {
    const { fault } = answer
    if (isNoConnection(fault)) return say.ok(check, `${where}: no answer (${fault.message})`)
    if (fault.code === 'UPSTREAM_TIMEOUT')
      return say.failed(
        check,
        `${where}: no answer within ${strangerPatience(asked)} s, in which something may be at work for a stranger`,
        'See why it does not answer, and look again. Whether strangers are refused cannot be told before.',
      )
    return say.failed(check, `${where}: ${fault.message}`, openCure(app))
  }
  if (isUnknown && answer.httpApiSays === 'Not Found')
    return say.note(check, `${where} answers 404, as every path does that the API does not have`)
  if (!refusals.has(answer.status))
    return say.failed(check, `${where} answers ${said(answer)}`, openCure(app))
  const saw = `${where} answers ${answer.status}`
  if (isUnknown) return say.note(check, `${saw}, as every path does that API Gateway does not have`)
  if (same !== 'none') return sameRefusalFinding(say, asked, check, { saw, same })
  return isRefusedByApp(app, answer)
    ? say.warning(check, `${saw}, which the app says and not IAM: strangers start it`, openCure(app))
    : say.ok(check, saw)
}

/** IAM's refusals at API Gateway and function URLs have its name or its words. */
function isRefusedByApp({ upstream }: App, answer: Answered): boolean {
  if (upstream.aws?.service !== 'execute-api' && upstream.aws?.service !== 'lambda') return false
  return answer.errorType === null && answer.httpApiSays === null
}

/** It was refused or closed without a word. An app that is slow may still be at work for whoever asked. */
export function isNoConnection(fault: AnyFault): boolean {
  if (fault.code === 'UPSTREAM_TIMEOUT') return errorCode(fault.cause) === 'UND_ERR_CONNECT_TIMEOUT'
  return ['UPSTREAM_UNREACHABLE', 'UPSTREAM_TLS', 'UPSTREAM_ABORTED'].includes(fault.code)
}

function said({ status, location }: Answered): string {
  return location === null ? `${status}` : `${status} to ${showOwn(location)}`
}

function awsSaid(saw: string, { errorType, message }: Answered): string {
  return [`${saw}, which AWS itself says`, errorType, message && showOwn(message)]
    .filter((one) => one)
    .join(': ')
}

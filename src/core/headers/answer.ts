import type { Forwarding } from '../gateway.ts'
import type { AnswerHead } from '../ports.ts'
import { ownsSetCookie } from '../session/cookies.ts'
import { answerAction } from './action.ts'
import { madePrivate, privateHeaders } from './cache.ts'
import { connectionOptions, withoutNames } from './connection.ts'
import type { CorsAnswer } from './cors-answer.ts'
import type { ResponseHeaders } from './form.ts'
import { foldHeaderName } from './names.ts'
import type { HeaderPlan } from './plan.ts'
import { toPublicCookie, toPublicLocation } from './public-address.ts'
import { withLocationHeaders } from './response.ts'

export interface UpstreamAnswer extends AnswerHead {
  /** Whether somebody signed in, or nobody, could have made a difference: all but locations open to `anyone`. */
  readonly dependsOnSession: boolean
  readonly cache: Forwarding['cache']
  /** The request headers that say who asks; absent: the cookie alone. */
  readonly dependsOn?: readonly string[]
  /** What is said of CORS in place of the app; absent or null: it speaks for itself. */
  readonly cors?: CorsAnswer | null
  /** What the location changes; absent: nothing. */
  readonly change?: ResponseHeaders | undefined
}

interface DownstreamHeaders {
  /** Null: that of the status. */
  readonly reasonPhrase: string | null
  /** Name, value, name, value … for the client, without `Connection` and `Transfer-Encoding`: those are the server's. */
  readonly headers: readonly string[]
  /** The upstream sent the shared secret back. It was taken off; the operator should know. */
  readonly secretFound: boolean
}

/**
 * The headers of the upstream's answer for the client: without what concerns the connection, our cookies, the shared
 * secret, an assertion, and instructions to servers in front of us; addresses mapped back; made private where it depended on a
 * session. Everything else keeps its bytes and its order.
 */
export function downstreamHeaders(plan: HeaderPlan, answer: UpstreamAnswer): DownstreamHeaders {
  const { headers: raw, reasonPhrase: said } = answer
  const headers: string[] = []
  let secretFound = said !== null && plan.secret !== null && said.includes(plan.secret.value)
  const reasonPhrase = secretFound ? null : said
  let connection: string | null = null
  let saysCaching = false
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? ''
    const value = raw[i + 1] ?? ''
    if (holdsSecret(plan, name, value)) {
      secretFound = true
      continue
    }
    if (isAssertion(plan, name)) continue
    switch (answerAction(name)) {
      case 'drop':
        break
      case 'caching':
        saysCaching = true
        headers.push(name, value)
        break
      case 'pass':
        headers.push(name, value)
        break
      case 'set-cookie':
        if (!ownsSetCookie(value, plan.ownCookies)) headers.push(name, toPublicCookie(plan.address, value))
        break
      case 'location':
        headers.push(name, toPublicLocation(plan.address, value))
        break
      case 'connection':
        connection = connection === null ? value : `${connection},${value}`
        break
    }
  }
  // The server's own framing rests on the length.
  const options = connectionOptions(connection).filter((name) => name !== 'content-length')
  // A 204 has no length (RFC 9110 section 8.6), whatever the upstream thinks.
  const passed = withoutNames(headers, answer.statusCode === 204 ? [...options, 'content-length'] : options)
  const changed = answer.change === undefined ? passed : withLocationHeaders(passed, answer.change)
  const kept = answer.cors ? withCors(changed, answer.cors) : changed
  if (!answer.dependsOnSession || answer.cache === 'upstream')
    return { reasonPhrase, headers: kept, secretFound }
  const { dependsOn = ['Cookie'] } = answer
  const own = saysCaching ? madePrivate(kept, dependsOn) : [...kept, ...privateHeaders(dependsOn)]
  return { reasonPhrase, headers: own, secretFound }
}

/** The app's own word on CORS is dropped, in whatever spelling. An answer differs by who calls even where nobody did. */
function withCors(headers: readonly string[], { headers: own }: CorsAnswer): readonly string[] {
  const isOfCors = (name: string) => foldHeaderName(name).startsWith('access-control-')
  const kept = headers.filter((_, i) => !isOfCors(headers[i - (i % 2)] ?? ''))
  return [...kept, ...Object.entries(own).flat(), 'Vary', 'Origin']
}

/** Whoever has the assertion of themselves could show it to the app where the gateway would not let them. */
function isAssertion({ assertion }: HeaderPlan, name: string): boolean {
  return assertion !== null && name.length === assertion.length && foldHeaderName(name) === assertion
}

function holdsSecret(plan: HeaderPlan, name: string, value: string): boolean {
  const { secret } = plan
  if (secret === null) return false
  if (value.length >= secret.value.length && value.includes(secret.value)) return true
  return name.length === secret.foldedName.length && foldHeaderName(name) === secret.foldedName
}

import type { App, Gateway, Location } from '../core/gateway.ts'
import { leftForIdentity, signatureBytesAtMost } from '../core/headers/aws-budget.ts'
import { headerPlan, linesOf } from '../core/headers/plan.ts'
import { limits } from '../core/limits/table.ts'
import { atLocations, isApiGateway } from './aws-apps.ts'
import type { Check } from './check.ts'

/** What identity headers come to at the worst, where API Gateway counts them. */
export const headerSizeCheck: Check = {
  id: 'api-gateway-header-size',
  severity: 'note',
  finds: 'Identity headers that may be more than API Gateway takes',
  why: `API Gateway takes ${limits.apiHeaderBytes} bytes of headers in all, those of the browser included. If there are more, it answers with an error of its own. Where requests are signed, the gateway counts before it sends: its own headers may have ${limits.apiOwnHeaderBytes} bytes, signature and session token included. A person with more gets 403 (\`identity-unsendable\`). Groups and roles grow without limit, and tokens grow with them.`,
  fix: 'Send only the claims that the app reads. Leave groups out of `identity_headers`, or name those that the app looks at in `only`.',
  example: `upstream: https://abc123.execute-api.eu-west-1.amazonaws.com/prod
identity_headers: { X-Forwarded-Groups: groups }`,
  find: (subject) =>
    atLocations(subject, isApiGateway, 'identity_headers', (location, app) => {
      if (location.access.kind === 'nobody' || location.access.kind === 'anyone') return null
      const left = leftAt(subject.gateway, app, location)
      const name = growingHeader(app, location)
      if (left === null)
        return name === null
          ? null
          : `${name} may grow beyond the ${limits.apiHeaderBytes} bytes of headers that API Gateway takes`
      const own = limits.apiOwnHeaderBytes - left
      const rest = `${left} bytes are left to identity headers: of ${limits.apiOwnHeaderBytes}, others of the gateway have ${own}${tokenText(app)}`
      if (name !== null && left > 0) return `${name} may grow too large: ${rest}`
      return left < fewBytes ? `no more than ${rest}` : null
    }),
}

/** Less than one user id, one address and one name may need with their header names. */
const fewBytes = 600

/** Those of the longest addresses. */
const address = 'x'.repeat('2001:0db8:85a3:0000:0000:8a2e:0370:7334'.length)

/** An ES256 signature, the members that are always there, and few claims. */
const assertionBytes = 700

/** How long a token is that nobody has seen yet is a guess, which is told. */
function tokenText({ upstream: { aws } }: App): string {
  const isKnown = aws === null || (aws.credentials.given !== null && aws.credentials.role === null)
  return isKnown ? '' : ` with a session token of ${limits.awsTokenBytes}`
}

/** Null: the gateway counts nothing there. */
function leftAt(gateway: Gateway, app: App, { forwarding }: Location): number | null {
  const { aws } = app.upstream
  if (aws === null) return null
  const plan = headerPlan(gateway, app)
  const ofUpstream = forwarding.headers === undefined ? plan.upstreamHeaders : linesOf(forwarding.headers)
  const always = [...plan.fixed, ...ofUpstream, 'X-Forwarded-For', address, 'X-Real-IP', address]
  const assertion = app.identityAssertion === null ? 0 : assertionBytes
  return leftForIdentity(app.upstream, always, signatureBytesAtMost(aws) + assertion)
}

/** The header of a claim of which nobody knows how large it gets, or of a token; null: there is none. */
function growingHeader({ identityAssertion }: App, { forwarding }: Location): string | null {
  const list = forwarding.identityHeaders.find(({ from, form }) => growing.test(from) && !form?.only)
  const assertion = identityAssertion?.claims.some((claim) => growing.test(claim)) === true
  return (
    list?.name ?? forwarding.tokenHeaders[0]?.name ?? (assertion ? (identityAssertion?.header ?? null) : null)
  )
}

const growing = /(?:^|[.:/_-])(?:groups|roles|permissions|entitlements)$/i

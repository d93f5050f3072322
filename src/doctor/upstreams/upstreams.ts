import type { App, Gateway } from '../../core/gateway.ts'
import type { Clock } from '../../core/ports.ts'
import { exampleRequest } from '../../core/request/example-request.ts'
import { readTarget, upstreamPath } from '../../core/request/target.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { createUpstreams } from '../../upstream/agents.ts'
import { certificateFinding } from '../certificate.ts'
import { type Finding, findingsOf } from '../finding.ts'
import type { UpstreamAnswer } from './answer.ts'
import { type AskedPath, askAsGateway, askAsStranger, secretsSent } from './ask.ts'
import { isNoConnection, judgeConnection, judgePath } from './judge.ts'
import { linksFindings, type SeenPage } from './links.ts'
import { lockOf, unlockedFindings } from './lock.ts'

/**
 * Asks an app as the gateway does and as a stranger would, by GET of a path of each location, and says what came. An app
 * that cannot be reached is asked once.
 */
export async function upstreamFindings(
  gateway: Gateway,
  app: App,
  clock: Clock,
): Promise<readonly Finding[]> {
  const say = findingsOf(`apps.${app.name}`)
  const ends = new Map<string, EpochSeconds>()
  const upstreams = createUpstreams(undefined, ({ host }, endsAt) => void ends.set(host, endsAt))
  try {
    const findings: Finding[] = []
    const pages: SeenPage[] = []
    for (const [index, asked] of askedPaths(gateway, app).entries()) {
      const asGateway = await askAsGateway(upstreams, asked)
      if (index === 0) findings.push(judgeConnection(say, app.upstream, asGateway))
      if (asGateway.kind === 'failed' && cannotConnect(asGateway)) break
      const asStranger = lockOf(app) === null ? null : await askAsStranger(upstreams, asked)
      findings.push(...judgePath(say, asked, asGateway, asStranger))
      if (asGateway.kind === 'answered') pages.push({ ...asked, ...asGateway, secrets: secretsSent(asked) })
      // One that hangs would make whoever looks wait for each path.
      if (asGateway.kind === 'failed' && asGateway.fault.code === 'UPSTREAM_TIMEOUT') break
    }
    const certificates = [...ends].map(([host, endsAt]) =>
      certificateFinding(say, `the certificate of ${host}`, endsAt, clock.now()),
    )
    return [...findings, ...linksFindings(say, app, pages), ...certificates, ...unlockedFindings(say, app)]
  } finally {
    upstreams.close()
  }
}

/** There is nobody to ask: another path would find the same. */
function cannotConnect({ fault }: Extract<UpstreamAnswer, { kind: 'failed' }>): boolean {
  return isNoConnection(fault) && fault.code !== 'UPSTREAM_ABORTED'
}

/** A path of each location and of the app's own rule; each once, as methods make no difference here. */
function askedPaths(gateway: Gateway, app: App): readonly AskedPath[] {
  const origin = [...gateway.hosts.values()].find(({ apps }) => apps.includes(app))
  const byPath = new Map<string, AskedPath>()
  for (const location of [app.fallback, ...app.allLocations]) {
    const example = origin === undefined ? null : exampleRequest(origin, location)
    const reading = example === null ? null : readTarget(example.path)
    if (example === null || reading?.ok !== true) continue
    const path = upstreamPath(app, reading.target)
    const url = app.origin + example.path
    if (!byPath.has(path)) byPath.set(path, { app, location, path, url })
  }
  return [...byPath.values()]
}

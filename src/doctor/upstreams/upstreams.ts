import type { AwsCredentialEvent } from '../../core/aws-credential-event.ts'
import type { App, Gateway } from '../../core/gateway.ts'
import type { Clock, Upstreams } from '../../core/ports.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { createUpstreams } from '../../upstream/agents.ts'
import { certificateFinding } from '../certificate.ts'
import { type Finding, type FindingsOf, findingsOf } from '../finding.ts'
import type { Patience } from '../patience.ts'
import type { UpstreamAnswer } from './answer.ts'
import { compareRefusals, type SameRefusal } from './app-refusals.ts'
import { type AskedPath, askAsGateway, askAsStranger, secretsSent } from './ask.ts'
import { askedPaths } from './asked-paths.ts'
import { credentialsFindings, isWithoutCredentials } from './credentials.ts'
import { isNoConnection, isUnknownPath, judgeAsGateway, judgeAsStranger, judgeConnection } from './judge.ts'
import { linksFindings, type SeenPage } from './links.ts'
import { guards, lockOf, unlockedFindings } from './lock.ts'

/**
 * Asks an app as the gateway does and as a stranger would, by GET of a path of each location, and says what came. An app
 * that cannot be reached is asked once. A function is invoked for each path, and asked once by a stranger.
 */
export async function upstreamFindings(
  gateway: Gateway,
  app: App,
  { clock, patience, endsAtMs }: UpstreamWork,
): Promise<readonly Finding[]> {
  const say = findingsOf(`apps.${app.name}`)
  if (performance.now() >= endsAtMs) return [notBegun(say, patience)]
  const ends = new Map<string, EpochSeconds>()
  const events: AwsCredentialEvent[] = []
  const upstreams = createUpstreams(
    undefined,
    ({ host }, endsAt) => void ends.set(host, endsAt),
    1,
    (event) => void events.push(event),
  )
  try {
    const paths = askedPaths(gateway, app, patience)
    const { all, left } = await askAll(upstreams, app, paths)
    const [first] = all
    const answers = all.map(({ asGateway }) => asGateway)
    return [
      ...(first === undefined ? [] : connectionFindings(say, app, first)),
      ...credentialsFindings(say, app, events, answers),
      ...all.flatMap((one, index) => pathFindings(say, one, index === 0)),
      ...(left === 0 ? [] : [leftFinding(say, left, paths)]),
      ...linksFindings(say, app, all.flatMap(pageOf)),
      ...[...ends].map(([host, endsAt]) =>
        certificateFinding(say, `the certificate of ${host}`, endsAt, clock.now()),
      ),
      ...unlockedFindings(say, app),
    ]
  } finally {
    upstreams.close()
  }
}

/** With what, and until when, apps are asked. */
export interface UpstreamWork {
  readonly clock: Clock
  readonly patience: Patience
  /** By the clock of `performance`: an app is not begun later. */
  readonly endsAtMs: number
}

function notBegun(say: FindingsOf, { runMs }: Patience): Finding {
  return say.failed(
    'reachable',
    `was not asked, as the others took ${runMs / 1000} s`,
    'Mend those that hang, and look again.',
  )
}

function leftFinding(say: FindingsOf, left: number, paths: readonly AskedPath[]): Finding {
  const saw = `${left} of ${paths.length} were not asked: the others took ${(paths[0]?.patience.appMs ?? 0) / 1000} s`
  return say.warning('paths', saw, 'See why the app is slow, and look again.')
}

/** What came of one path; null: nobody asked so. */
interface Asked {
  readonly asked: AskedPath
  readonly asGateway: UpstreamAnswer | null
  readonly asStranger: UpstreamAnswer | null
  readonly same: SameRefusal
}

/** What came, and how many paths were left as it took too long. */
interface AskedAll {
  readonly all: readonly Asked[]
  readonly left: number
}

async function askAll(upstreams: Upstreams, app: App, paths: readonly AskedPath[]): Promise<AskedAll> {
  const all: Asked[] = []
  const startedMs = performance.now()
  let hasCredentials = true
  for (const [index, asked] of paths.entries()) {
    if (performance.now() - startedMs >= asked.patience.appMs) return { all, left: paths.length - index }
    const asGateway: UpstreamAnswer | null = hasCredentials ? await askAsGateway(upstreams, asked) : null
    // There is nobody to ask: another path would find the same.
    if (cannotConnect(asGateway))
      return { all: [...all, { asked, asGateway, asStranger: null, same: 'none' }], left: 0 }
    hasCredentials &&= !isWithoutCredentials(asGateway)
    // A function has one address for all paths.
    const isTold = !guards(lockOf(app), asked.location) || (app.upstream.lambda !== null && all.length > 0)
    const asStranger = isTold ? null : await askAsStranger(upstreams, asked)
    const same = await compareRefusals(asked, asGateway, asStranger, () => askAsStranger(upstreams, asked))
    all.push({ asked, asGateway, asStranger, same })
    if (!hasCredentials && cannotConnect(asStranger)) break
    // One that hangs would make whoever looks wait for each path.
    if (asGateway?.kind === 'failed' && asGateway.fault.code === 'UPSTREAM_TIMEOUT') break
  }
  return { all, left: 0 }
}

function cannotConnect(answer: UpstreamAnswer | null): boolean {
  return answer?.kind === 'failed' && isNoConnection(answer.fault) && answer.fault.code !== 'UPSTREAM_ABORTED'
}

function connectionFindings(say: FindingsOf, app: App, { asGateway, asStranger }: Asked): readonly Finding[] {
  const answer = isWithoutCredentials(asGateway) ? asStranger : asGateway
  return answer === null ? [] : [judgeConnection(say, app, answer)]
}

/** What is told of the connection, or of the credentials, is told once. */
function pathFindings(say: FindingsOf, { asked, asGateway, asStranger, same }: Asked, isFirst: boolean) {
  const isTold = (isFirst && cannotConnect(asGateway)) || isWithoutCredentials(asGateway)
  const isNobodyThere = isWithoutCredentials(asGateway) && cannotConnect(asStranger)
  const isUnknown = isUnknownPath(asked, asGateway, asStranger)
  return [
    ...(asGateway === null || isTold ? [] : [judgeAsGateway(say, asked, asGateway, { isFirst, isUnknown })]),
    ...(asStranger === null || isNobodyThere
      ? []
      : [judgeAsStranger(say, asked, asStranger, { isUnknown, same })]),
  ]
}

function pageOf({ asked, asGateway }: Asked): readonly SeenPage[] {
  return asGateway?.kind === 'answered' ? [{ ...asked, ...asGateway, secrets: secretsSent(asked) }] : []
}

import { setTimeout } from 'node:timers/promises'
import { limits } from '../src/core/limits/table.ts'
import { type RenewalSite, startRenewalSite } from './renewal-site.ts'

export interface MixedLoad {
  readonly minutes: number
  readonly persons: number
  readonly redis: string | null
}

export interface MixedOutcome {
  readonly requests: number
  readonly refreshes: number
  readonly alarms: number
  /** Persons whose provider ended their grant, and who lost a group. */
  readonly revoked: number
  readonly demoted: number
  /** Sessions that ended though nobody ended them. */
  readonly lost: number
  /** Requests that were let in for a session that had to be over, or by a group that had to be gone. */
  readonly letIn: number
  /** Anything else that was not answered as the session is worth. */
  readonly failed: Readonly<Record<string, number>>
  /** How long the provider was killed, slow, and late. */
  readonly troubles: Readonly<Record<string, number>>
}

const everySeconds = 60
const longestPauseSeconds = limits.longestRenewalPauseMs / 1000
/** Beyond `every`: a request waits up to 3 s for the answer, the machine is busy, and clocks count whole seconds. */
const slackSeconds = 8

interface Person {
  readonly subject: string
  readonly cookie: string
  /** From when the provider refuses, and a session may last no longer than `every` beyond it. */
  revokedAt: number | null
  demotedAt: number | null
  isLost: boolean
}

type Trouble = 'none' | 'killed' | 'slow' | 'late' | 'failing'

/** What the provider goes through, in turn, and for how many seconds. */
const course: readonly (readonly [Trouble, number])[] = [
  ['none', 90],
  ['slow', 60],
  ['none', 60],
  ['killed', 75],
  ['none', 90],
  ['late', 60],
  ['none', 60],
  ['failing', 60],
]

/**
 * People at two gateways, each asking some times a second, while the provider is killed, slow, late and failing in
 * turn, ends some grants and takes groups away. Who lives by what the provider has said has to live on, and who does not
 * has to be out within `every`, counted from when the provider could be asked.
 */
export async function mixedLoad({ minutes, persons: count, redis }: MixedLoad): Promise<MixedOutcome> {
  const site = await startRenewalSite({ redis, recheck: '1m', expiresIn: 90, connections: 200 })
  const state = createState()
  const endsAt = performance.now() + minutes * 60_000
  try {
    bendClaims(site, state)
    for (let i = 0; i < count; i++) {
      const subject = nameOf(i)
      state.persons.set(subject, {
        ...{ subject, cookie: await site.signIn(subject) },
        ...{ revokedAt: null, demotedAt: null, isLost: false },
      })
    }
    const course = runCourse(site, state, endsAt)
    const deeds = runDeeds(site, state, endsAt)
    const clients = [...state.persons.values()].map((person) => runClient(site, state, person, endsAt))
    await Promise.all([course, deeds, ...clients])
    const { came, alarms } = site.op.refreshTokens
    const all = [...state.persons.values()]
    return {
      requests: state.requests,
      refreshes: came.length,
      alarms,
      revoked: all.filter(({ revokedAt }) => revokedAt !== null).length,
      demoted: all.filter(({ demotedAt }) => demotedAt !== null).length,
      lost: all.filter(({ isLost }) => isLost).length,
      letIn: state.letIn,
      failed: state.failed,
      troubles: state.troubles,
    }
  } finally {
    await site.close()
  }
}

interface State {
  readonly persons: Map<string, Person>
  readonly failed: Record<string, number>
  readonly troubles: Record<Trouble, number>
  trouble: Trouble
  /** Since when the provider can be asked again. */
  answersSince: number
  /** When it could last not be asked. */
  troubledAt: number
  requests: number
  letIn: number
}

function createState(): State {
  return {
    persons: new Map(),
    failed: {},
    troubles: { none: 0, killed: 0, slow: 0, late: 0, failing: 0 },
    trouble: 'none',
    answersSince: seconds(),
    troubledAt: 0,
    requests: 0,
    letIn: 0,
  }
}

function bendClaims({ op }: RenewalSite, { persons }: State): void {
  op.bends.claims = (claims) => {
    const groups = persons.get(String(claims.sub))?.demotedAt == null ? ['staff', 'admins'] : ['staff']
    return { ...claims, groups }
  }
}

async function runCourse({ op }: RenewalSite, state: State, endsAt: number): Promise<void> {
  for (let turn = 0; performance.now() < endsAt; turn++) {
    const [trouble, lasts] = course[turn % course.length] ?? ['none', 60]
    delete op.bends.before
    delete op.bends.late
    delete op.bends.answer
    state.trouble = trouble
    if (trouble === 'none' || trouble === 'slow') state.answersSince = seconds()
    switch (trouble) {
      case 'none':
        break
      case 'killed':
        op.bends.answer = {
          token: (_, response) => response.destroy(),
          userinfo: (_, response) => response.destroy(),
        }
        break
      case 'failing':
        op.bends.answer = { token: (_, response) => void response.writeHead(503).end() }
        break
      case 'slow':
        op.bends.before = { token: () => setTimeout(1500) }
        break
      case 'late':
        op.bends.late = { token: () => setTimeout(4500) }
        break
    }
    const until = Math.min(endsAt, performance.now() + lasts * 1000)
    while (performance.now() < until) {
      if (trouble !== 'none') state.troubledAt = seconds()
      // Its tokens are of now.
      op.now = Math.floor(Date.now() / 1000)
      state.troubles[trouble] += 1
      await setTimeout(1000)
    }
  }
}

/** Some grants end, some groups go: never of the last third of the people, who have to be there at the end. */
async function runDeeds({ op }: RenewalSite, state: State, endsAt: number): Promise<void> {
  const victims = [...state.persons.values()].slice(0, Math.floor((state.persons.size * 2) / 3))
  const pauseMs = (endsAt - performance.now()) / (victims.length + 1)
  for (const [index, person] of victims.entries()) {
    await setTimeout(pauseMs)
    if (index % 2 === 0) {
      op.refreshTokens.end(person.subject)
      person.revokedAt = seconds()
    } else person.demotedAt = seconds()
  }
}

async function runClient(site: RenewalSite, state: State, person: Person, endsAt: number): Promise<void> {
  for (let turn = 0; performance.now() < endsAt; turn++) {
    // Some at once, at both, as a page with its pictures.
    const paths = ['/page', '/page?2', '/admin/x', '/api/x']
    await Promise.all(
      paths.map((path, index) => askOnce(site, state, person, site.ports[(turn + index) % 2] ?? 0, path)),
    )
    await setTimeout(1500 + Math.random() * 2000)
  }
}

async function askOnce(
  site: RenewalSite,
  state: State,
  person: Person,
  port: number,
  path: string,
): Promise<void> {
  state.requests += 1
  const sentAt = seconds()
  const { status, reason } = await site.ask(port, path, person.cookie)
  const isOver = person.revokedAt !== null && sentAt > dueAt(state, person.revokedAt)
  const isOut =
    path.startsWith('/admin') && person.demotedAt !== null && sentAt > dueAt(state, person.demotedAt)
  if (status === 200) {
    if (isOver || isOut) state.letIn += 1
    return
  }
  if (person.revokedAt !== null && (status === 401 || status === 403)) return
  if (person.demotedAt !== null && status === 403 && path.startsWith('/admin')) return
  // Without an answer of the provider nobody has a new token for the app.
  if (reason === 'token-expired' && seconds() - state.troubledAt < longestPauseSeconds + slackSeconds) return
  if (status === 401 && reason !== 'token-expired') person.isLost = true
  const name = `${path.split(/[/?]/)[1]} ${status} ${reason}`.trim()
  state.failed[name] = (state.failed[name] ?? 0) + 1
}

/** By when both gateways have to know: each asks `every` after its last answer, as soon as the provider answers. */
function dueAt({ answersSince, trouble }: State, since: number): number {
  if (trouble !== 'none' && trouble !== 'slow') return Number.POSITIVE_INFINITY
  return Math.max(since + everySeconds, answersSince + longestPauseSeconds) + slackSeconds
}

function nameOf(index: number): string {
  return `person${String.fromCharCode(97 + Math.floor(index / 26), 97 + (index % 26))}`
}

function seconds(): number {
  return performance.now() / 1000
}

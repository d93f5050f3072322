import { areOpenedByKeys } from '../../core/credential/credential.ts'
import type { Access, Location } from '../../core/gateway.ts'
import {
  type LimitAmount,
  type LimitSubject,
  type RequestLimit,
  windowText,
} from '../../core/limits/request-limit.ts'
import type { CountInWindow } from '../limit-amount.ts'
import type { ConfigPath } from '../node.ts'
import { isOfCustomers } from '../rules/words.ts'
import type { LimitEntry, PlanAmount } from '../schema/limits.ts'
import type { AppUnderJudgement } from './app.ts'
import { whereWritten } from './app-settings.ts'
import type { BuiltLocation } from './location-trees.ts'
import { faultAt, faultAtKey, isWritten, namesOf, type Scope } from './scope.ts'

/** The app's own list, which every location without one has. */
export function buildAppLimits(scope: Scope, app: AppUnderJudgement): readonly RequestLimit[] {
  return buildLimits(scope, whereWritten(scope, app.path, 'limits'), app.settings.limits, null)
}

/** What holds at one location: its own list, else the app's. */
export function limitsAt(
  scope: Scope,
  ofApp: readonly RequestLimit[],
  location: {
    readonly path: ConfigPath
    readonly label: string
    readonly entries: readonly LimitEntry[] | undefined
  },
): readonly RequestLimit[] {
  const { path, label, entries } = location
  return entries === undefined ? ofApp : buildLimits(scope, [...path, 'limits'], entries, label)
}

function buildLimits(
  scope: Scope,
  path: ConfigPath,
  entries: readonly LimitEntry[],
  location: string | null,
): readonly RequestLimit[] {
  const built: RequestLimit[] = []
  for (const [index, entry] of entries.entries()) {
    const at = [...path, index]
    const amount = amountOf(scope, at, entry)
    if (amount === null) continue
    const limit = { name: entry.name ?? nameOf(entry), location, per: entry.per, amount }
    const before = built.findIndex(({ name }) => name === limit.name)
    if (before !== -1) {
      const same = entry.name === undefined ? 'is there already' : `has the name of another, “${limit.name}”`
      faultAt(scope, entry.name === undefined ? at : [...at, 'name'], `${same}: each counts once`)
    }
    const nearer = built.find((one) => isNeverReached(limit, one))
    const further = built.find((one) => isNeverReached(one, limit))
    if (before === -1 && (nearer ?? further) !== undefined) {
      const [never, sooner] = nearer === undefined ? [further?.name, limit.name] : [limit.name, nearer.name]
      faultAt(scope, at, `“${never}” is never reached beside “${sooner}”: leave out one of the two`)
    }
    built.push(limit)
  }
  return built
}

function amountOf(scope: Scope, path: ConfigPath, entry: LimitEntry): RequestLimit['amount'] | null {
  const { rate, quota, by } = entry
  const written = [rate, quota, by].filter((one) => one !== undefined)
  if (written.length !== 1) {
    const found = written.length === 0 ? 'none of them' : 'more than one'
    faultAt(scope, path, `needs one of \`rate\`, \`quota\` and \`by\`, and has ${found}`)
    return null
  }
  if (by === undefined) return plainAmount(rate, quota)
  if (entry.per === 'client_ip') {
    const message = 'is drawn on before anybody is identified, so that no claim is known: give it a `rate`'
    faultAt(scope, [...path, 'by'], message)
    return null
  }
  const at = [...path, 'by']
  if (isOfCustomers(by.claim)) {
    faultAt(scope, [...at, 'claim'], 'is written by customers, who would choose their own limit by it')
    return null
  }
  // As they stand in the file: an object of JavaScript has names of digits first.
  const names = namesOf(scope, [...at, 'is'])
  if (names.length === 0) faultAt(scope, [...at, 'is'], 'names no plan: give the limit a `rate`')
  const is = names.map((name) => [name, planAmount(scope, [...at, 'is', name], by.is[name])] as const)
  const otherwise = planAmount(scope, [...at, 'otherwise'], by.otherwise)
  const complete = is.flatMap(([name, amount]) => (amount === null ? [] : [[name, amount] as const]))
  return otherwise === null || complete.length < is.length
    ? null
    : { claim: by.claim, is: complete, otherwise }
}

function planAmount(scope: Scope, path: ConfigPath, amount: PlanAmount | undefined): LimitAmount | null {
  if (amount === undefined) return null
  if ('count' in amount) return { kind: 'rate', ...amount }
  const { rate, quota } = amount
  if ((rate === undefined) === (quota === undefined)) {
    faultAt(scope, path, 'needs `rate` or `quota`, and not both: a second limit is an entry of its own')
    return null
  }
  return plainAmount(rate, quota)
}

function plainAmount(rate: CountInWindow | undefined, quota: CountInWindow | undefined): LimitAmount | null {
  if (rate !== undefined) return { kind: 'rate', ...rate }
  return quota === undefined ? null : { kind: 'quota', ...quota }
}

/** No name that somebody gave has a space. */
function nameOf({ per, rate, quota, by }: LimitEntry): string {
  const subject = typeof per === 'string' ? per : per.claim
  if (by !== undefined) return `${subject} by ${by.claim}`
  const amount = rate ?? quota
  const window = amount === undefined ? '' : windowText(amount.windowSeconds)
  return `${subject} ${amount?.count ?? ''}/${window}`
}

/** Whether `one` still has room whenever the other one has: of two windows, one may begin within the other. */
function isNeverReached(one: RequestLimit, other: RequestLimit): boolean {
  if ('claim' in one.amount || 'claim' in other.amount || !isSameSubject(one.per, other.per)) return false
  const [amount, sooner] = [one.amount, other.amount]
  const isSameWindow = amount.windowSeconds === sooner.windowSeconds && amount.kind === sooner.kind
  if (isSameWindow) return amount.count >= sooner.count
  if (amount.windowSeconds < sooner.windowSeconds) return amount.count >= sooner.count * 2
  const windows = Math.ceil(amount.windowSeconds / sooner.windowSeconds) + 1
  return amount.count >= sooner.count * windows
}

function isSameSubject(one: LimitSubject, other: LimitSubject): boolean {
  if (typeof one === 'string' || typeof other === 'string') return one === other
  return one.claim === other.claim
}

/** Limits that could never count where they stand. */
export function checkLimits(
  scope: Scope,
  app: AppUnderJudgement,
  fallback: Location | null,
  locations: readonly BuiltLocation[],
): void {
  for (const { path, own, location } of locations) checkOwnLimits(scope, path, own, location)
  const ofApp = whereWritten(scope, app.path, 'limits')
  // That it has neither `require` nor `locations` is told already.
  if (locations.length === 0 && fallback?.access.kind === 'nobody' && fallback.access.because) return
  const heirs = [
    ...(fallback === null ? [] : [fallback]),
    ...locations.filter(({ path }) => !isWritten(scope, [...path, 'limits'])).map(({ location }) => location),
  ]
  for (const [index, { per }] of app.settings.limits.entries()) {
    const message = whyNeverAt(per, heirs)
    // Where the list of all apps does not fit one of them, nobody is told.
    if (message !== null && ofApp[0] !== 'defaults') faultAt(scope, [...ofApp, index, 'per'], message)
  }
  const fail = [...app.path, 'limits_fail']
  const hasLimits = isWritten(scope, ofApp) || locations.some(({ location }) => location.limits.length > 0)
  if (isWritten(scope, fail) && !hasLimits) faultAtKey(scope, fail, 'means nothing without `limits`')
}

function checkOwnLimits(scope: Scope, path: ConfigPath, own: Access, location: Location): void {
  const at = [...path, 'limits']
  if (isWritten(scope, at)) {
    if (own.kind === 'nobody') faultAtKey(scope, at, 'means nothing where `require` is `nobody`')
    else
      for (const [index, { per }] of location.limits.entries()) {
        const message = whyNeverAt(per, [location])
        if (message !== null) faultAt(scope, [...at, index, 'per'], message)
      }
  }
  const fail = [...path, 'limits_fail']
  if (isWritten(scope, fail) && location.limits.length === 0)
    faultAtKey(scope, fail, 'means nothing without `limits`')
}

function whyNeverAt(per: LimitSubject, locations: readonly Location[]): string | null {
  const open = locations.filter(({ access }) => access.kind !== 'nobody')
  if (open.length === 0) return 'means nothing where `require` is `nobody` everywhere'
  if (per === 'client_ip' || per === 'app') return null
  if (open.every(({ access }) => access.kind === 'anyone'))
    return 'counts nobody where `require` is `anyone`: nobody is identified there; use `client_ip` or `app`'
  if (per === 'key' && !open.some(({ credentials }) => areOpenedByKeys(credentials)))
    return 'counts nobody where `credentials` lists neither `api_key` nor `widget`'
  return null
}

import type { Access, Location } from '../../core/gateway.ts'
import type { RequestLimit } from '../../core/limits/request-limit.ts'
import { labelOf } from '../../core/request/location-pattern.ts'
import { patternOf, readMethods, readPattern } from '../location.ts'
import { type ConfigPath, nodeAt, positionOf } from '../node.ts'
import type { RuleContext } from '../rules/context.ts'
import { checkProviders, vouchersAt } from '../rules/providers.ts'
import { compileRequire, fallbackAccess, onFloor } from '../rules/rule.ts'
import { locationKeys } from '../schema/app.ts'
import type { Steps } from '../steps.ts'
import { type Checked, checkKeys } from '../validate.ts'
import type { AppLocations, AppUnderJudgement, BuildLocations } from './app.ts'
import { checkLocationHeaders } from './app-headers.ts'
import { type AppSettings, nodeOfKey, whereWritten } from './app-settings.ts'
import { isSigned } from './aws.ts'
import { type CredentialSources, checkCredentials } from './credentials.ts'
import { buildForwarding, buildSetHeaders } from './forwarding.ts'
import { checkForwarding } from './forwarding-reach.ts'
import { withHeaderDefaults } from './header-defaults.ts'
import { checkLongestBody } from './held-bodies.ts'
import { buildAppLimits, checkLimits, limitsAt } from './limits.ts'
import { type BuiltLocation, buildTrees, type LocationTrees } from './location-trees.ts'
import { checkResponseHeaders, checkWhoMayKeep } from './response-headers.ts'
import { buildResume, checkResume, checkWhereResumed, type StoreKind } from './resume.ts'
import { faultAt, faultAtKey, isWritten, placeOf, type Scope } from './scope.ts'
import type { WrittenStepUp } from './step-up.ts'
import { checkStepUps, readFloorStepUp, stepUpAt } from './step-up-reach.ts'
import { checkTokensOf } from './token-headers.ts'

/** `authSegments`: null when the prefix was faulty. */
export function locationBuilder(
  scope: Scope,
  rules: RuleContext,
  { authSegments, store, sources }: Pick<Work, 'authSegments' | 'store' | 'sources'>,
): BuildLocations {
  return (app) => {
    const floor = readFloor(scope, rules, app)
    return buildLocations({
      ...{ scope, rules, authSegments, store, sources, app, floor },
      floorStepUp: readFloorStepUp(scope, app),
      appLimits: buildAppLimits(scope, app),
    })
  }
}

/** The app's own `require`: null when there is none; `faulty` when it cannot be judged by. */
type Floor = Access | null | 'faulty'

interface Work {
  readonly scope: Scope
  readonly rules: RuleContext
  readonly authSegments: readonly string[] | null
  readonly app: AppUnderJudgement
  readonly floor: Floor
  readonly floorStepUp: WrittenStepUp | null
  readonly appLimits: readonly RequestLimit[]
  readonly store: StoreKind
  readonly sources: CredentialSources
}

function readFloor(scope: Scope, rules: RuleContext, { path }: AppUnderJudgement): Floor {
  const node = nodeOfKey(scope, path, 'require')
  return node === undefined
    ? null
    : (compileRequire(node, whereWritten(scope, path, 'require'), rules) ?? 'faulty')
}

function* buildLocations(work: Work): Steps<AppLocations | null> {
  const { scope, rules, app, floor } = work
  const listPath = [...app.path, 'locations']
  const count = countLocations(scope, listPath)
  checkWhole(work, count)
  checkResume(scope, (key) => whereWritten(scope, app.path, key), app.settings, work.store)
  const built: (BuiltLocation | null)[] = []
  for (let index = 0; index < count; index += 1) {
    built.push(buildLocation(work, [...listPath, index]))
    yield
  }
  const fallback = floor === 'faulty' ? null : buildFallback(work, floor)
  if (fallback !== null) {
    checkProviders(fallback.access, vouchersAt(app.providers, fallback.credentials), rules)
    const ofAnswers = app.settings.response_headers
    const at = whereWritten(scope, app.path, 'response_headers')
    checkResponseHeaders(scope, at, ofAnswers)
    checkWhoMayKeep(scope, at, ofAnswers, fallback.access)
    remember(scope, fallback, whereWritten(scope, app.path, 'require'))
  }
  const complete = built.filter((location) => location !== null)
  checkUnauthenticated(work, complete)
  checkCredentials(scope, app, work.sources, { fallback, locations: complete })
  checkStepUps(scope, app, fallback, complete)
  checkLimits(scope, app, fallback, complete)
  const accesses = [...(fallback === null ? [] : [fallback]), ...complete.map((one) => one.location)]
  if (fallback !== null && complete.length === count)
    checkTokensOf(scope, [...app.path, 'identity_headers'], app.settings.identity_headers, accesses)
  if (fallback !== null && complete.length === count) checkForwarding(scope, app, fallback, complete)
  const trees = buildTrees(scope, complete)
  if (trees === null || fallback === null || complete.length < count) return null
  checkSomeoneMayPass(work, trees)
  return { fallback, ...trees }
}

function countLocations(scope: Scope, path: ConfigPath): number {
  const node = nodeAt(scope.root, path)
  if (node === undefined) return 0
  if (node.kind === 'list' && node.items.length > 0) return node.items.length
  faultAt(
    scope,
    path,
    node.kind === 'list'
      ? 'must not be an empty list'
      : 'expected a list of `- path: /admin`, each with its `require`',
  )
  return 0
}

/** What an app as a whole must say. */
function checkWhole({ scope, app, floor }: Work, count: number): void {
  const locationsWritten = isWritten(scope, [...app.path, 'locations'])
  if (floor === null && !locationsWritten) {
    faultAtKey(
      scope,
      app.path,
      'has neither `require` nor `locations`: nobody could ever pass; write `require: signed_in`, or who may',
    )
  }
  if (floor !== null && floor !== 'faulty' && floor.kind === 'nobody' && count > 0) {
    faultAt(scope, [...app.path, 'locations'], 'mean nothing where the app says `require: nobody`')
  }
}

/** What is rehearsed lets nobody in: an app of such locations alone would be closed to all. */
function checkSomeoneMayPass({ scope, app, floor }: Work, { all, rehearsal }: LocationTrees): void {
  if (floor !== null || rehearsal === null || all.length > 0) return
  const message =
    'all have `enforce: false`, and the app has no `require`: nobody could ever pass; write `require: signed_in`, or who may'
  faultAt(scope, [...app.path, 'locations'], message)
}

function buildFallback(work: Work, floor: Access | null): Location {
  const { app } = work
  const { unauthenticated, credentials } = app.settings
  const judged = { access: fallbackAccess(floor), unauthenticated, credentials }
  return {
    label: '*',
    pattern: patternOf(app.prefix ?? [], false, app.settings.ignore_case),
    methods: null,
    ...judged,
    stepUp: stepUpAt(work.scope, work.floorStepUp, { path: app.path, keys: undefined, ...judged }),
    limits: work.appLimits,
    limitsFail: app.settings.limits_fail,
    ...buildResume(app.settings, judged, work.store),
    forwarding: forwardingAt(work, app.settings),
  }
}

const { require: _, ...plainKeys } = locationKeys
type LocationKeys = Checked<typeof plainKeys>

function buildLocation(work: Work, path: ConfigPath): BuiltLocation | null {
  const { scope, rules, app, floor } = work
  const keys = checkKeys(plainKeys, placeOf(scope, path), ['require'])
  const pattern = readPath(work, path, keys)
  const methods = readMethodNames(scope, path, keys)
  const own = readOwnRule(scope, rules, path)
  checkLocationHeaders(scope, app.path, path, app.settings, keys)
  checkLongestBody(scope, [...path, 'max_body'], keys.max_body, app.upstream)
  if (keys.response_headers !== undefined) {
    checkResponseHeaders(scope, [...path, 'response_headers'], keys.response_headers)
  }
  if (pattern === null || methods === undefined || own === null || floor === 'faulty') return null
  const access = onFloor(floor, own)
  if (keys.identity_headers !== undefined)
    checkTokensOf(scope, [...path, 'identity_headers'], keys.identity_headers, [{ access }])
  const ofAnswers = keys.response_headers ?? app.settings.response_headers
  checkWhoMayKeep(scope, responseHeadersAt(scope, app, path), ofAnswers, access)
  const settings = { ...app.settings, ...keys }
  const { unauthenticated, credentials } = settings
  checkProviders(access, vouchersAt(app.providers, credentials), rules)
  checkResume(scope, (key) => [...path, key], settings, work.store)
  checkWhereResumed(scope, path, { own, unauthenticated }, settings.resume)
  const judged = { access, unauthenticated, credentials }
  const label = labelOf(pattern, methods)
  const location: Location = {
    label,
    pattern,
    methods,
    ...judged,
    stepUp: stepUpAt(scope, work.floorStepUp, { path, keys: keys.step_up, access }),
    limits: limitsAt(scope, work.appLimits, { path, label, entries: keys.limits }),
    limitsFail: settings.limits_fail,
    ...buildResume(settings, judged, work.store),
    forwarding: {
      ...forwardingAt(work, settings, keys.identity_headers !== undefined),
      ...(keys.headers === undefined ? {} : { headers: buildSetHeaders(keys.headers) }),
    },
  }
  remember(scope, location, path)
  return { location, path, own, enforced: keys.enforce ?? true }
}

/** With the default headers of one place, by who can vouch for somebody there. */
function forwardingAt({ scope, app }: Work, settings: AppSettings, isOwn = false) {
  const vouchers = vouchersAt(app.providers, settings.credentials).length
  const keys = isOwn ? settings : withHeaderDefaults(scope, app.path, settings, vouchers)
  // There it is the signature's.
  const { upstream_authorization: written = isSigned(settings) ? 'strip' : undefined } = keys
  return buildForwarding({ ...keys, upstream_authorization: written }, app.origin)
}

/** Where `response_headers` stand that hold at a location. */
function responseHeadersAt(scope: Scope, app: AppUnderJudgement, path: ConfigPath): ConfigPath {
  const own = [...path, 'response_headers']
  return isWritten(scope, own) ? own : whereWritten(scope, app.path, 'response_headers')
}

function remember(scope: Scope, location: Location, path: ConfigPath): void {
  scope.places.set(location, { position: positionOf(scope.root, path), path })
}

function readPath({ scope, app, authSegments }: Work, path: ConfigPath, keys: LocationKeys) {
  if (keys.path === undefined || keys.exact === undefined) return null
  // Without a url or a prefix to hold it against, a path is judged by itself.
  const { ignore_case: ignoreCase } = app.settings
  const surroundings = { prefix: app.prefix ?? [], authSegments: authSegments ?? ['/'], ignoreCase }
  const read = readPattern(keys.path, keys.exact, surroundings)
  if (read.ok) return read.pattern
  faultAt(scope, [...path, 'path'], read.reason, read.suggestion)
  return null
}

/** Null: all methods; undefined: reported. */
function readMethodNames(
  scope: Scope,
  path: ConfigPath,
  keys: LocationKeys,
): ReadonlySet<string> | null | undefined {
  const at = [...path, 'methods']
  if (keys.methods === undefined) return isWritten(scope, at) ? undefined : null
  const read = readMethods(keys.methods)
  if (read.ok) return read.methods
  faultAt(scope, at, read.reason, read.suggestion)
  return undefined
}

function readOwnRule(scope: Scope, rules: RuleContext, path: ConfigPath): Access | null {
  const at = [...path, 'require']
  const node = nodeAt(scope.root, at)
  if (node !== undefined) return compileRequire(node, at, rules)
  // An empty line of the list was told of by its own fault.
  if (nodeAt(scope.root, path)?.kind === 'map')
    faultAt(scope, at, 'is missing: every location says who may pass, such as `require: signed_in`')
  return null
}

/** Where nobody is asked to sign in, the key would be read as a protection that is not there. */
function checkUnauthenticated({ scope, app, floor }: Work, locations: readonly BuiltLocation[]): void {
  const message = 'means nothing where nobody is asked to sign in: `require` is'
  for (const { path, own } of locations) {
    const at = [...path, 'unauthenticated']
    if (own.kind !== 'rule' && isWritten(scope, at)) faultAtKey(scope, at, `${message} \`${own.kind}\``)
  }
  const at = [...app.path, 'unauthenticated']
  const asked = locations.some(({ own }) => own.kind === 'rule')
  if (floor === null || floor === 'faulty' || floor.kind === 'rule' || asked || !isWritten(scope, at)) return
  faultAtKey(scope, at, `${message} \`${floor.kind}\``)
}

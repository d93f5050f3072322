import type { App, UpstreamSettings } from '../../core/gateway.ts'
import { longestWholeBody } from '../../core/upstream-settings.ts'
import type { ConfigPath } from '../node.ts'
import { awsKeys } from '../schema/held-bodies.ts'
import { checkKeys } from '../validate.ts'
import { type AppSettings, whereWritten } from './app-settings.ts'
import { faultAt, faultAtKey, isWritten, placeOf, type Scope } from './scope.ts'

/**
 * `aws.held_bodies` beside the apps whose bodies are held. Zero where it was faulty: then no model is made. `isComplete`:
 * whether `apps` are all of the file.
 */
export function buildHeldBodies(
  scope: Scope,
  { apps, isComplete }: { readonly apps: readonly App[]; readonly isComplete: boolean },
): number {
  const path = ['aws', 'held_bodies']
  const { held_bodies: bytes = 0 } = checkKeys(awsKeys, placeOf(scope, ['aws']))
  const holding = apps.filter(({ upstream }) => longestWholeBody(upstream) !== null)
  if (isComplete && holding.length === 0 && isWritten(scope, path))
    faultAtKey(scope, path, 'means nothing here: no app takes its bodies only as a whole (`upstream.aws`)')
  for (const { name, fallback, allLocations } of holding) {
    const longest = Math.max(...[fallback, ...allLocations].map((one) => one.forwarding.maxBodyBytes ?? 0))
    if (bytes === 0 || longest <= bytes) continue
    const message = `is ${sizeText(bytes)}, and \`max_body\` of the app ${name} lets one body have ${sizeText(longest)}`
    faultAt(scope, path, message, sizeText(longest))
  }
  return bytes
}

type BodyKeys = Pick<AppSettings, 'max_body'>

/** The keys of an app, whose longest body is never longer than can be sent to it; said where it is written otherwise. */
export function withLongestBody<K extends BodyKeys>(
  scope: Scope,
  appPath: ConfigPath,
  keys: K,
  upstream: UpstreamSettings | null,
): K {
  const longest = upstream && longestWholeBody(upstream)
  const at = whereWritten(scope, appPath, 'max_body')
  if (longest === null) return keys
  if (isWritten(scope, at)) {
    // In `defaults` it is right for others: what is missing is the app's own.
    const own = [...appPath, 'max_body']
    checkLongestBody(scope, isWritten(scope, own) ? own : appPath, keys.max_body, upstream)
    return keys
  }
  return { ...keys, max_body: longest }
}

/** What `max_body` says at one place; undefined: nothing of its own, or it was faulty. */
export function checkLongestBody(
  scope: Scope,
  at: ConfigPath,
  written: number | null | undefined,
  upstream: UpstreamSettings | null,
): void {
  const longest = upstream && longestWholeBody(upstream)
  if (longest === null || written === undefined || (written !== null && written <= longest)) return
  const most = sizeText(longest)
  const found = written === null ? '`none`' : sizeText(written)
  const said = `${found}, and AWS takes no larger body there: write at most ${most}`
  if (at.at(-1) === 'max_body') faultAt(scope, at, `is ${said}`, most)
  else faultAt(scope, at, `\`max_body\` of \`defaults\` is ${said} here`)
}

function sizeText(bytes: number): string {
  const units = [['MiB', 1024 ** 2] as const, ['KiB', 1024] as const]
  const [unit, factor] = units.find(([, one]) => bytes % one === 0) ?? ['B', 1]
  return `${bytes / factor}${unit}`
}

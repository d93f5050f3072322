import { dirname, resolve } from 'node:path'
import { decodeUtf8, readFromDisk, type Surroundings } from '../config/files.ts'
import { type LoadedGateway, loadGatewayFromText } from '../config/load.ts'
import { type ConfigNode, type ConfigPath, nodeAt } from '../config/node.ts'
import { readTree } from '../config/read.ts'
import type { Place } from '../config/rules/context.ts'
import type { Gateway, Location } from '../core/gateway.ts'
import type { EpochSeconds } from '../core/session/session.ts'

/** What is looked at: a configuration without faults, as it is written and as it is meant. */
export interface Subject {
  readonly file: string
  readonly text: string
  readonly root: ConfigNode
  readonly gateway: Gateway
  readonly places: ReadonlyMap<object, Place>
  /** What the providers say of themselves, by name; null when nobody was asked. */
  readonly answers: ReadonlyMap<string, ProviderAnswer> | null
  /** For what ends; null: nothing is said of it. */
  readonly now: EpochSeconds | null
}

/** What `--online` learnt of one provider from its metadata (OpenID Connect Discovery 1.0 section 3). */
export type ProviderAnswer =
  | {
      readonly ok: true
      readonly issuer: string
      /** Null: it does not say. */
      readonly claims: readonly string[] | null
      readonly scopes: readonly string[] | null
      readonly grants?: readonly string[] | null
      readonly acrValues?: readonly string[] | null
      /** Whether it reads the parameter `claims`; null: it does not say. */
      readonly claimsParameter?: boolean | null
    }
  | { readonly ok: false; readonly reason: string }

export type ReadSubject =
  | {
      readonly ok: true
      readonly subject: Subject
      readonly loaded: Extract<LoadedGateway, { ok: true }>
    }
  | { readonly ok: false; readonly loaded: Extract<LoadedGateway, { ok: false }> }

/** A text to what can be looked at. Faults are those that `check` finds. */
export function readSubject(text: string, surroundings: Surroundings): ReadSubject {
  const loaded = loadGatewayFromText(text, surroundings)
  if (!loaded.ok) return { ok: false, loaded }
  // Read a second time for its places: what it says was just found to be without faults.
  const root = readTree(text, { surroundings, report: ignore, warn: ignore })
  if (root === null) throw new TypeError('a text that was loaded is no tree')
  const { gateway, places } = loaded
  return {
    ok: true,
    loaded,
    subject: {
      file: surroundings.file,
      text,
      root,
      gateway,
      places,
      answers: null,
      now: surroundings.now ?? null,
    },
  }
}

/** The same of a file on the disk. `file` is named in messages as it is given; a relative one starts from `cwd`. */
export function loadSubject(
  file: string,
  { cwd, ...around }: Pick<Surroundings, 'env' | 'madeUp' | 'now'> & { readonly cwd: string },
): ReadSubject {
  const path = resolve(cwd, file)
  const found = readFromDisk(path)
  const text = found.ok ? decodeUtf8(found.bytes) : null
  if (text !== null)
    return readSubject(text, { file, folder: dirname(path), readFile: readFromDisk, ...around })
  const message = `the file cannot be read: ${found.ok ? 'is no UTF-8 text' : found.reason}`
  const issue = { file, position: null, path: '', message, suggestion: null }
  return { ok: false, loaded: { ok: false, unreadable: true, issues: [issue], warnings: [] } }
}

function ignore(): void {}

/** Whether the file has something there. */
export function isWritten({ root }: Pick<Subject, 'root'>, path: ConfigPath): boolean {
  return nodeAt(root, path) !== undefined
}

/** Where a key that holds for an app is written: in the app, else in `defaults`; null when nowhere. */
export function whereOfApp(subject: Subject, app: string, key: string): ConfigPath | null {
  const paths = [
    ['apps', app, key],
    ['defaults', key],
  ]
  return paths.find((path) => isWritten(subject, path)) ?? null
}

/** The same for a key that a location may replace. */
export function whereOfLocation(
  subject: Subject,
  app: string,
  location: Location,
  key: string,
): ConfigPath | null {
  const at = subject.places.get(location)?.path
  // The place of an app's own rule is its `require`, which has no keys of this kind.
  const own = at?.at(-2) === 'locations' ? [...at, key] : null
  if (own !== null && isWritten(subject, own)) return own
  return whereOfApp(subject, app, key)
}

/** Where the address of an app's upstream is written. */
export function upstreamPath(subject: Subject, app: string): readonly string[] {
  const path = ['apps', app, 'upstream']
  return isWritten(subject, [...path, 'url']) ? [...path, 'url'] : path
}

import { dirname, resolve } from 'node:path'
import type { Gateway } from '../core/gateway.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { deepFreeze } from './build/freeze.ts'
import { checkFileSteps } from './checked-file.ts'
import { digestOf, type FilesDigest } from './digest.ts'
import { decodeUtf8, type ReadFile, readFromDisk, type Surroundings } from './files.ts'
import type { Issue } from './issue.ts'
import type { MadeUp } from './made-up.ts'
import type { Place } from './rules/context.ts'
import { readShadowSteps } from './shadow.ts'
import { runThrough, type Steps } from './steps.ts'
import type { RuleTests } from './tests/rule-test.ts'

export type LoadedGateway =
  | {
      readonly ok: true
      readonly gateway: Gateway
      readonly warnings: readonly Issue[]
      readonly source: { readonly file: string }
      /** Of the files that decide who gets in; the same on every machine. */
      readonly digest: FilesDigest
      /** Where locations and the parts of their rules stand, by the model's own objects. */
      readonly places: ReadonlyMap<object, Place>
      /** What `tests` holds; no part of the model. */
      readonly tests: RuleTests
    }
  /** `unreadable`: there is no file to find faults in; commands tell the two apart by their exit status. */
  | {
      readonly ok: false
      readonly unreadable: boolean
      readonly issues: readonly Issue[]
      readonly warnings: readonly Issue[]
    }

export interface LoadOptions {
  /** What a relative `file` starts from; the process's own working directory when absent. */
  readonly cwd?: string
  readonly readFile?: ReadFile
  /** For who asks and never serves: what may be missing. */
  readonly madeUp?: MadeUp
  /** For the same: what `convert` left open may stay so. */
  readonly mayBeOpen?: true
  /** By which certificates are said to end, or to have ended; absent: nothing is said of it. */
  readonly now?: EpochSeconds
}

/**
 * Reads and checks a configuration file. Never throws for what the file holds: every fault comes back at once, in the
 * order of the file. `file` is named in messages as it was given.
 */
export function loadGateway(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  options: LoadOptions = {},
): LoadedGateway {
  return runThrough(loadGatewaySteps(file, env, options))
}

/** The same in pieces, for a gateway that serves meanwhile. */
export function* loadGatewaySteps(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
  options: LoadOptions = {},
): Steps<LoadedGateway> {
  const { readFile = readFromDisk } = options
  const path = resolve(options.cwd ?? '.', file)
  const read = readFile(path)
  if (!read.ok) return unreadable(file, read.reason)
  const text = decodeUtf8(read.bytes)
  if (text === null) return unreadable(file, 'is no UTF-8 text')
  return yield* loadFromTextSteps(text, {
    file,
    folder: dirname(path),
    env,
    readFile,
    ...(options.madeUp === undefined ? {} : { madeUp: options.madeUp }),
    ...(options.mayBeOpen === undefined ? {} : { mayBeOpen: options.mayBeOpen }),
    ...(options.now === undefined ? {} : { now: options.now }),
  })
}

/** The same for a text that is at hand: `folder` is what relative paths in it start from. */
export function loadGatewayFromText(text: string, surroundings: Surroundings): LoadedGateway {
  return runThrough(loadFromTextSteps(text, surroundings))
}

function* loadFromTextSteps(text: string, surroundings: Surroundings): Steps<LoadedGateway> {
  const checked = yield* checkFileSteps(text, surroundings)
  const { shadow, issues: others, emptyLists, read } = yield* readShadowSteps(checked)
  const { scope, gateway, places, tests } = checked
  const issues = [...checked.issues(), ...others]
  const warnings = checked.warnings()
  if (scope === null || gateway === null || issues.length > 0)
    return { ok: false, unreadable: false, issues, warnings }
  const allEmpty = [...new Set([...gateway.emptyLists, ...emptyLists])]
  const whole = shadow === null ? gateway : deepFreeze({ ...gateway, shadow, emptyLists: allEmpty })
  const digest = digestOf({ text, root: scope.root, surroundings }, read)
  return { ok: true, gateway: whole, warnings, source: { file: surroundings.file }, digest, places, tests }
}

function unreadable(file: string, reason: string): LoadedGateway {
  const issue = {
    file,
    position: null,
    path: '',
    message: `the file cannot be read: ${reason}`,
    suggestion: null,
  }
  return { ok: false, unreadable: true, issues: [issue], warnings: [] }
}

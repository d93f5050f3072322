import { z } from 'zod'
import { type ConfigPath, nodeAt } from '../node.ts'
import { appKeys, optional, ownAppKeys } from '../schema/app.ts'
import { type Checked, checkKeys } from '../validate.ts'
import { faultAtKey, isWritten, namesOf, placeOf, type Scope } from './scope.ts'

const inheritable = optional(appKeys)
const ownKeys = { url: ownAppKeys.url, upstream: ownAppKeys.upstream }
const schema = z.object(appKeys)
const builtIn = schema.parse({})

export type Defaults = Checked<typeof inheritable>

/** An app's keys as they hold: its own, else those of `defaults`, else the built-in ones. */
export type AppSettings = z.output<typeof schema> & Checked<typeof ownKeys>

/** The keys of `defaults`. What identifies an app cannot stand there. */
export function readDefaults(scope: Scope): Defaults {
  for (const key of Object.keys(ownAppKeys)) {
    const path = ['defaults', key]
    if (isWritten(scope, path)) faultAtKey(scope, path, 'cannot stand in `defaults`: every app has its own')
  }
  return checkKeys(inheritable, placeOf(scope, ['defaults']), Object.keys(ownAppKeys))
}

/** A key in an app replaces the default whole. What is faulty was reported, and is absent here. */
export function readAppSettings(scope: Scope, path: ConfigPath, defaults: Defaults): AppSettings {
  const place = placeOf(scope, path)
  const own = checkKeys({ ...ownKeys, ...inheritable }, place, ['locations'])
  return { ...builtIn, ...defaults, ...own }
}

/** The time-outs that hold where no app is known. */
export function usualTimeouts(defaults: Defaults): AppSettings['timeouts'] {
  return defaults.timeouts ?? builtIn.timeouts
}

/** Where a key of an app was written: in the app, or in `defaults`. The app, when it was written nowhere. */
export function whereWritten(scope: Scope, appPath: ConfigPath, key: string): ConfigPath {
  const own = [...appPath, key]
  const inherited = ['defaults', key]
  return !isWritten(scope, own) && isWritten(scope, inherited) ? inherited : own
}

/** The node of a key of an app that is judged beyond the schema, such as `require`. */
export function nodeOfKey(scope: Scope, appPath: ConfigPath, key: string) {
  return nodeAt(scope.root, whereWritten(scope, appPath, key))
}

/** Names of the apps, in the order of the file. */
export function appNames(scope: Scope): readonly string[] {
  return namesOf(scope, ['apps'])
}

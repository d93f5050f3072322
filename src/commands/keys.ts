import { randomBytes } from 'node:crypto'
import { nowOf } from '../cli/clock.ts'
import type { Command, Io } from '../cli/command.ts'
import { failWith } from '../cli/failure.ts'
import { readClaimOptions } from '../cli/key-claims.ts'
import { keySpecs, keysUsage } from '../cli/key-help.ts'
import { leaveKeyRecords } from '../cli/key-records.ts'
import { type KeyTask, keyOperands, readKeyTask } from '../cli/key-task.ts'
import { keyTable, secretText, takesNoKeys, usageTable, usageText } from '../cli/key-texts.ts'
import { configFile, readOptions } from '../cli/options.ts'
import { refuseUsage } from '../cli/program.ts'
import { printable } from '../cli/session-list.ts'
import { loadForStores, onStores } from '../cli/stores-of-command.ts'
import type { Gateway } from '../core/gateway.ts'
import type { KeyCommandRecord } from '../core/key-command-record.ts'
import type { ApiKey } from '../core/keys/api-key.ts'
import { encodeApiKey } from '../core/keys/api-key-record.ts'
import type { ApiKeySettings } from '../core/keys/api-key-settings.ts'
import { keyFacts, usageFacts } from '../core/keys/key-facts.ts'
import { formatKeyId } from '../core/keys/key-form.ts'
import type { KeyStore } from '../core/keys/key-store.ts'
import type { SessionStore } from '../core/ports.ts'
import { systemClock } from '../runtime/clock.ts'
import { changeOrigins } from '../runtime/keys/changed-origins.ts'
import { allKeys, type FoundKey, findKey } from '../runtime/keys/found-keys.ts'
import { type KeyPlace, type MadeKey, makeKey, newOperatorsKey, rotateKey } from '../runtime/keys/made-key.ts'
import { openKeysOfCommand } from '../runtime/keys/open.ts'
import { type KeyFault, readOverlap, readWantedKey, type WantedKey } from '../runtime/keys/wanted-key.ts'
import { contextOfCommand } from '../runtime/store-context.ts'
import { hasKeyFile } from '../store/keys/sqlite-key-file.ts'
import { openStore } from '../store/open.ts'
import { hasSessionFile } from '../store/sqlite-file.ts'

export const command: Command = {
  name: 'keys',
  summary: 'make, list and revoke the API keys of programs',
  usage: keysUsage,
  options: keySpecs,
  operands: keyOperands,
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const task = readKeyTask(read.options)
    if (typeof task === 'string') return refuseUsage(command, task, io)
    const gateway = loadForStores(configFile(read.options, io.env), io)
    if (gateway === null) return 2
    const { apiKeys } = gateway
    if (apiKeys === null) return fail(io, 2, 'the configuration has no `api_keys`')
    const json = read.options.flag('json')
    const wanted = task.verb === 'create' ? readWanted(task, { ...gateway, apiKeys }, io) : null
    if (typeof wanted === 'string') return fail(io, 2, wanted)
    if (task.verb === 'create' && task.print) return print({ ...gateway, apiKeys }, wanted, io)
    if (apiKeys.store.kind === 'sqlite' && !hasKeyFile(gateway.dataFolder)) {
      const missing = `there is no keys.db in ${gateway.dataFolder}: has a gateway run with this configuration?`
      return fail(io, 1, missing)
    }
    return onStores('keys', io, (opened) =>
      work({ ...openPlace(io, { ...gateway, apiKeys }, opened), io, json }, task, wanted),
    )
  },
}

type KeyGateway = Gateway & { readonly apiKeys: ApiKeySettings }

function readWanted(
  { said, claims: written }: Extract<KeyTask, { verb: 'create' }>,
  gateway: KeyGateway,
  io: Io,
): WantedKey | string {
  const claims = readClaimOptions(written, io.cwd)
  if (!claims.ok) return claims.reason
  const all = written.length === 0 ? said : { ...said, claims: claims.claims }
  const read = readWantedKey(all, gateway, nowOf(io))
  return read.ok ? read.wanted : read.faults.map(faultText).join('\n')
}

function faultText({ field, message }: KeyFault): string {
  return `--${field} ${message}`
}

/** For the file: a line on the output, which goes into one, and the secret beside it, for whoever looks on. */
function print(gateway: KeyGateway, wanted: WantedKey | null, io: Io): number {
  if (wanted === null || wanted.owner.kind !== 'operator')
    return fail(io, 2, '--print writes keys of --user: a key of a person stands in the store')
  const { owner } = wanted
  const made = newOperatorsKey({ gateway, random: randomBytes, now: nowOf(io) }, { ...wanted, owner })
  io.stdout(`${encodeApiKey(made.key)}\n`)
  io.stderr(secretText(keyFacts(made.key, gateway, nowOf(io)), made, gateway))
  return 0
}

/** What a task is done with. */
interface Work {
  readonly place: KeyPlace & { readonly gateway: KeyGateway }
  /** Where records for the log are left; null: the store of sessions keeps none. */
  readonly sessions: SessionStore | null
  readonly io: Io
  readonly json: boolean
}

function openPlace(
  io: Io,
  gateway: KeyGateway,
  opened: <S extends KeyStore | SessionStore>(store: S) => S,
): Pick<Work, 'place' | 'sessions'> {
  const means = { clock: systemClock, random: randomBytes, report: () => {} }
  const keys = opened(openKeysOfCommand(gateway, means))
  const { kind } = gateway.session.store
  // Of the others, sessions are in the running gateway or in browsers, where no command reads them.
  const hasSessions =
    kind === 'sqlite' ? hasSessionFile(gateway.dataFolder) : kind !== 'memory' && kind !== 'cookie'
  const sessions = hasSessions
    ? opened(openStore(gateway.session, gateway.dataFolder, contextOfCommand(gateway, means)))
    : null
  return { place: { gateway, keys, sessions, random: randomBytes, now: nowOf(io) }, sessions }
}

async function work(context: Work, task: KeyTask, wanted: WantedKey | null): Promise<number> {
  switch (task.verb) {
    case 'create':
      return wanted === null ? 2 : create(context, wanted)
    case 'list':
      return list(context, task.user)
    case 'revoke':
      return revoke(context, task.ids)
    case 'rotate':
      return rotate(context, task.id, task.overlap)
    case 'change':
      return change(context, task)
    case 'usage':
      return task.id === null ? usageOfAll(context) : usageOf(context, task.id)
    case 'reseal':
      return reseal(context)
  }
}

async function create(context: Work, wanted: WantedKey): Promise<number> {
  const { place, io } = context
  const made = await makeKey(place, wanted)
  if ('field' in made) return fail(io, 1, faultText(made))
  return shown(context, made, 'key.created', (id) => `Made the key ${id}.`)
}

async function rotate(context: Work, id: string, written: string): Promise<number> {
  const { place, io } = context
  const overlap = readOverlap(written)
  if (typeof overlap !== 'number') return fail(io, 2, faultText(overlap))
  const found = await storedKey(context, id)
  if (typeof found === 'string') return fail(io, 1, found)
  const made = await rotateKey(place, found.id, overlap)
  if (made === null) return fail(io, 1, noSuchKey(id))
  if ('field' in made) return fail(io, 1, `${printable(id)} ${made.message}`)
  const former =
    overlap === 0
      ? 'The secret before opens nothing any more.'
      : `The secret before opens for ${written} more.`
  return shown(context, made, 'key.rotated', (whole) => `Gave the key ${whole} a new secret. ${former}`)
}

async function change(context: Work, { id, origins }: Extract<KeyTask, { verb: 'change' }>): Promise<number> {
  const { place, io, json } = context
  const found = await storedKey(context, id)
  if (typeof found === 'string') return fail(io, 1, found)
  const changed = await changeOrigins(place, found, origins)
  if (changed === null) return fail(io, 1, noSuchKey(id))
  if ('length' in changed) return fail(io, 1, changed.map(faultText).join('\n'))
  const facts = keyFacts(changed, place.gateway, place.now)
  const now = origins.length === 0 ? 'no origins' : `the origins ${changed.origins.join(', ')}`
  io.stdout(json ? `${JSON.stringify(facts)}\n` : `The key ${facts.id} has ${now} now.\n`)
  return done(context, await leaveKeyRecords(context.sessions, 'key.changed', [changed], place))
}

/** The one time that a secret is shown. */
async function shown(
  context: Work,
  made: MadeKey,
  event: KeyCommandRecord['event'],
  sentence: (id: string) => string,
): Promise<number> {
  const { place, io, json } = context
  const { gateway, now } = place
  const facts = keyFacts(made.key, gateway, now)
  if (json) io.stdout(`${JSON.stringify({ ...facts, secret: made.secret, api_key: made.whole })}\n`)
  else io.stdout(`${sentence(facts.id)}\n\n${secretText(facts, made, gateway)}`)
  if (takesNoKeys(gateway))
    io.stderr('claimgate keys: no location lists `api_key` in `credentials` yet: it opens nothing\n')
  return done(context, await leaveKeyRecords(context.sessions, event, [made.key], place))
}

async function list({ place, io, json }: Work, user: string | null): Promise<number> {
  const keys = await allKeys(place, user)
  if (json) io.stdout(`${JSON.stringify(keys)}\n`)
  else io.stdout(keys.length === 0 ? 'No keys.\n' : keyTable(keys))
  return 0
}

async function revoke(context: Work, ids: readonly string[]): Promise<number> {
  const { place, io, json } = context
  const found = await Promise.all(ids.map((id) => storedKey(context, id)))
  const faults = found.filter((one) => typeof one === 'string')
  if (faults.length > 0) return fail(io, 1, `${faults.join('\n')}\nnothing was revoked`)
  const meant = new Map(found.flatMap((one) => (typeof one === 'string' ? [] : [[one.id, one] as const])))
  const revoked: ApiKey[] = []
  for (const key of meant.values()) {
    await place.keys.change(key.id, { kind: 'revoke', at: place.now })
    if (key.revokedAt === null) revoked.push(key)
  }
  const before = meant.size - revoked.length
  const more = before === 0 ? '' : ` ${counted(before)} had been revoked before.`
  io.stdout(
    json
      ? `${JSON.stringify({ revoked: revoked.length })}\n`
      : `Revoked ${counted(revoked.length)}.${more}\n`,
  )
  return done(context, await leaveKeyRecords(context.sessions, 'key.revoked', revoked, place))
}

/** One that can be changed here, or why it cannot. */
async function storedKey({ place }: Work, id: string): Promise<ApiKey | string> {
  const found = await findKey(place, id)
  if (found === null) return noSuchKey(id)
  return found.source === 'store'
    ? found.key
    : `${printable(id)} stands in the configuration: change it there`
}

async function usageOf({ place, io, json }: Work, id: string): Promise<number> {
  const found: FoundKey | null = await findKey(place, id)
  if (found === null) return fail(io, 1, noSuchKey(id))
  const facts = usageFacts(formatKeyId(found.key), await place.keys.usage(found.key.id))
  io.stdout(json ? `${JSON.stringify(facts)}\n` : usageText(facts))
  return 0
}

async function usageOfAll({ place, io, json }: Work): Promise<number> {
  const rows = []
  for (const facts of await allKeys(place, null)) {
    const bare = facts.id.slice(facts.id.indexOf('_') + 1)
    rows.push({ facts, usage: usageFacts(facts.id, await place.keys.usage(bare)) })
  }
  if (json) io.stdout(`${JSON.stringify(rows.map(({ usage: one }) => one))}\n`)
  else io.stdout(rows.length === 0 ? 'No keys.\n' : usageTable(rows, place.now))
  return 0
}

async function reseal({ place, io, json }: Work): Promise<number> {
  const { records, resealed } = await place.keys.reseal()
  const file = place.gateway.apiKeys.store.kind === 'sqlite' ? ' A file seals nothing.' : ''
  if (json) io.stdout(`${JSON.stringify({ records, resealed })}\n`)
  else io.stdout(`${counted(records)} in the store, ${resealed} sealed anew.${file}\n`)
  return 0
}

function done({ io }: Work, wanting: string | null): number {
  return wanting === null ? 0 : fail(io, 1, `that is done, but ${wanting}`)
}

function noSuchKey(id: string): string {
  return `there is no key ${printable(id)}; \`keys list\` shows them`
}

function counted(count: number): string {
  return count === 1 ? '1 key' : `${count} keys`
}

function fail(io: Io, exitCode: number, sentences: string): number {
  return failWith('keys', io, exitCode, sentences)
}

import { parseJson } from '../../core/json.ts'
import { limits } from '../../core/limits/table.ts'
import type { KeptForm } from '../../core/ports.ts'
import { fingerprint } from '../../core/session/seal.ts'
import type { EpochSeconds, SessionKey } from '../../core/session/session.ts'
import type { Command } from './client.ts'
import { isStored } from './keys.ts'
import type { Parts } from './parts.ts'
import { textOrNothing } from './reply.ts'
import { countBytes, minuteOf, removeIfSame, uncountBytes } from './scripts.ts'

/** What a form takes room in is forgotten a little later than the form: never earlier. */
const slackMs = 10_000

/** What stands before the form, sealed, and ties it to its name: the form itself came sealed, and stays as it came. */
interface Head {
  readonly until: EpochSeconds
  readonly session: SessionKey
  /** Where its id stands. */
  readonly place: number
  /** Where its bytes are counted. */
  readonly minute: string
  readonly bytes: number
  /** Of the rest. */
  readonly hash: string
}

type Room = Pick<Head, 'session' | 'place' | 'minute' | 'bytes'>

/** Forms that wait for a sign-in. Each call rejects with a Failure, or an Unreadable. */
export function createForms(parts: Parts): {
  keep(form: KeptForm): Promise<boolean>
  read(id: string, now: EpochSeconds): Promise<string | null>
  take(id: string, now: EpochSeconds): Promise<string | null>
} {
  const { servers, keys, context, confirmation } = parts
  const { seal } = context

  /** The first of the session's places that is free. Null: none is. */
  async function takePlace({ session, id }: KeptForm, ms: number): Promise<number | null> {
    for (let place = 0; place < limits.keptFormsOfSession; place++) {
      const name = keys.formPlace(session, place)
      const command: Command = ['SET', name, id, 'NX', 'PX', String(ms + slackMs)]
      if (textOrNothing((await servers.send(name, [command]))[0]) === 'OK') return place
    }
    return null
  }

  async function leavePlace(id: string, { session, place }: Pick<Room, 'session' | 'place'>): Promise<void> {
    const name = keys.formPlace(session, place)
    await servers.send(name, [removeIfSame(name, id)])
  }

  /** Room that stays taken as this fails is free again when the form would have been over. */
  async function leave(id: string, room: Room): Promise<void> {
    const uncounted = servers.send(keys.formBytes, [uncountBytes(keys.formBytes, room.minute, room.bytes)])
    await Promise.allSettled([leavePlace(id, room), uncounted])
  }

  /** The room first, so that however many processes keep forms at once, they never keep more. */
  async function keep(form: KeptForm): Promise<boolean> {
    const { id, session, sealed, at, until } = form
    if (!isStored(id) || !isStored(session)) return false
    const ms = Math.max(1, until - at) * 1000
    const place = await takePlace(form, ms)
    if (place === null) return false
    const bytes = Buffer.byteLength(sealed) + limits.keptFormOverheadBytes
    const count = countBytes(keys.formBytes, { bytes, most: limits.keptFormBytes, ms: ms + slackMs })
    const minute = minuteOf((await servers.send(keys.formBytes, [count]))[0])
    if (minute === null) {
      await leavePlace(id, { session, place })
      return false
    }
    const room = { session, place, minute, bytes }
    const value = `${sealHead(id, { ...room, until, hash: fingerprint(sealed, 'base64url') })} ${sealed}`
    const [kept] = await servers.send(keys.form(id), [['SET', keys.form(id), value, 'NX', 'PX', String(ms)]])
    if (textOrNothing(kept) === 'OK') return true
    await leave(id, room)
    return false
  }

  function sealHead(id: string, { until, session, place, minute, bytes, hash }: Head): string {
    return seal.seal('form', id, JSON.stringify([until, session, place, minute, bytes, hash]))
  }

  /** Null for what does not open at this name, or is not what was kept there. */
  function open(id: string, value: string | null): { readonly head: Head; readonly sealed: string } | null {
    const space = value === null ? -1 : value.indexOf(' ')
    if (value === null || space === -1) return null
    const opened = seal.open('form', id, value.slice(0, space))
    const head = opened.ok ? readHead(parseJson(opened.text)) : null
    const sealed = value.slice(space + 1)
    return head !== null && head.hash === fingerprint(sealed, 'base64url') ? { head, sealed } : null
  }

  async function ask(id: string, command: 'GET' | 'GETDEL'): Promise<ReturnType<typeof open>> {
    if (!isStored(id)) return null
    const [reply] = await servers.send(keys.form(id), [[command, keys.form(id)]])
    return open(id, textOrNothing(reply))
  }

  return {
    keep,
    async read(id, now) {
      const found = await ask(id, 'GET')
      return found !== null && now < found.head.until ? found.sealed : null
    },
    /** A replica has that it is gone before it is given: a failover would give it a second time. */
    async take(id, now) {
      const found = await ask(id, 'GETDEL')
      if (found === null) return null
      const copied = keys.written(id)
      const command: Command = ['SET', copied, '1', 'PX', '1000']
      await Promise.all([
        leave(id, found.head),
        confirmation.confirm({ key: copied, command, what: 'taken' }),
      ])
      return now < found.head.until ? found.sealed : null
    },
  }
}

function readHead(value: unknown): Head | null {
  if (!Array.isArray(value)) return null
  const [until, session, place, minute, bytes, hash]: unknown[] = value
  if (typeof until !== 'number' || typeof place !== 'number' || typeof bytes !== 'number') return null
  if (typeof session !== 'string' || typeof minute !== 'string' || typeof hash !== 'string') return null
  return { until, session, place, minute, bytes, hash }
}

/** Those of sessions whose person was revoked. Their bytes are counted until they would have been over. */
export async function forgetFormsOf(
  { servers, keys }: Pick<Parts, 'servers' | 'keys'>,
  sessions: readonly SessionKey[],
): Promise<void> {
  const places = sessions.flatMap((session) =>
    Array.from({ length: limits.keptFormsOfSession }, (_, place) => keys.formPlace(session, place)),
  )
  const ids = await servers.sendEach(places.map((key) => ({ key, command: ['GETDEL', key] })))
  const names = ids.map(textOrNothing).flatMap((id) => (id !== null && isStored(id) ? [keys.form(id)] : []))
  await servers.sendEach(names.map((key) => ({ key, command: ['DEL', key] })))
}

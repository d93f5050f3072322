import type {
  RedisNode,
  SentinelRedisSettings,
  SingleRedisSettings,
} from '../../core/session-store-settings.ts'
import type { Client, ClientAccess, Command } from './client.ts'
import { type Connection, Failure, openConnection, placeOf } from './connection.ts'
import { NotPrimary } from './errors.ts'
import { scanOne } from './scan.ts'
import { createSentinels } from './sentinels.ts'
import type { Servers } from './servers.ts'

/** One server that is named in the configuration. */
export function openSingle(settings: SingleRedisSettings, answerMs: number): Servers {
  const { host, port } = settings
  return openPrimary({
    access: accessOf(settings, answerMs),
    address: () => Promise.resolve({ host, port }),
    place: placeOf(settings),
    replicated: false,
  })
}

/** The primary that Sentinels name; a new one as soon as they name another. */
export function openSentinel(settings: SentinelRedisSettings, answerMs: number): Servers {
  const sentinels = createSentinels(settings, answerMs)
  const servers = openPrimary({
    access: accessOf(settings, answerMs),
    address: sentinels.primary,
    place: `${settings.name} of Sentinel ${settings.sentinels.map(placeOf).join(', ')}`,
    replicated: true,
    vet: refuseReplica,
    renewed: (renew) => sentinels.onOther(renew),
  })
  return {
    ...servers,
    close() {
      sentinels.close()
      servers.close()
    },
  }
}

interface Primary {
  readonly access: ClientAccess
  readonly address: () => Promise<RedisNode>
  readonly place: string
  readonly replicated: boolean
  readonly vet?: (client: Client) => Promise<void>
  /** Takes what is called when the address has changed. */
  readonly renewed?: (renew: () => void) => void
}

function openPrimary({ access, address, place, replicated, vet, renewed }: Primary): Servers {
  const open = (): Connection => openConnection({ access, address, ...(vet === undefined ? {} : { vet }) })
  const requests = open()
  let endings: Connection | null = null
  renewed?.(() => {
    requests.renew()
    endings?.renew()
  })

  async function send(commands: readonly Command[]): Promise<readonly unknown[]> {
    try {
      return await requests.send(commands)
    } catch (thrown) {
      // It has become a replica: the primary is at another address by now.
      if (thrown instanceof Failure && thrown.word === 'READONLY') requests.renew()
      throw thrown
    }
  }

  return {
    place,
    send: (_key, commands) => send(commands),
    sendEach: async (commands) => (commands.length === 0 ? [] : send(commands.map(({ command }) => command))),
    everywhere: async (commands) => [await send(commands)],
    scan: (pattern) => scanOne(send, pattern),
    confirming() {
      endings ??= open()
      return { place, replicated, send: endings.send }
    },
    close() {
      requests.close()
      endings?.close()
    },
  }
}

/** A primary that became a replica takes connections, and tells of nothing that the new one knows. */
async function refuseReplica(client: Client): Promise<void> {
  const [role] = [await client.send(['ROLE'])].flat()
  if (role !== 'master') throw new NotPrimary()
}

export function accessOf(
  settings: SingleRedisSettings | SentinelRedisSettings,
  answerMs: number,
): ClientAccess {
  const { username, password, tls, database } = settings
  return { username, password: password?.reveal() ?? null, tls, database, answerMs }
}

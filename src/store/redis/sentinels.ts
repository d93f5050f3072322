import type { RedisNode, SentinelRedisSettings } from '../../core/session-store-settings.ts'
import type { ClientAccess } from './client.ts'
import { type Connection, Failure, openConnection, placeOf } from './connection.ts'
import { UnknownPrimary } from './errors.ts'
import { textsOf } from './reply.ts'

/** Who the primary is, by the Sentinels. */
export interface Sentinels {
  /** Asks one after the other until one answers. Rejects with the Failure of the last. */
  primary(): Promise<RedisNode>
  /** Calls back when they name another one than before: they are asked each second. */
  onOther(listener: () => void): void
  close(): void
}

/**
 * Asked, and not listened to: one who was cut off from the others hears nothing of a new primary, and a primary that
 * was cut off with us would go on to take what is lost a moment later.
 */
const askEveryMs = 1000

export function createSentinels(settings: SentinelRedisSettings, answerMs: number): Sentinels {
  const { name, tls, sentinelUsername: username, sentinelPassword } = settings
  const password = sentinelPassword?.reveal() ?? null
  const access: ClientAccess = { username, password, tls, database: 0, answerMs }
  /** The one that answered last is asked first. */
  let sentinels = settings.sentinels.map((node) => ({ node, connection: open(node) }))
  let known: string | null = null
  let other = (): void => {}
  let asking = false

  function open(node: RedisNode): Connection {
    return openConnection({ access, address: () => Promise.resolve(node) })
  }

  async function primary(): Promise<RedisNode> {
    let last: unknown = null
    for (const one of sentinels) {
      try {
        const [reply] = await one.connection.send([['SENTINEL', 'get-master-addr-by-name', name]])
        const [host, port] = textsOf(reply)
        if (host === undefined || port === undefined) throw unknownName(one.node, name)
        sentinels = [one, ...sentinels.filter((it) => it !== one)]
        const node = { host, port: Number(port) }
        known = placeOf(node)
        return node
      } catch (thrown) {
        last = thrown
      }
    }
    throw last
  }

  async function ask(): Promise<void> {
    if (asking || known === null) return
    asking = true
    const before = known
    try {
      await primary()
      if (known !== before) other()
    } catch {
      // Whoever connects next is told.
    } finally {
      asking = false
    }
  }

  const timer = setInterval(() => void ask(), askEveryMs).unref()
  return {
    primary,
    onOther: (listener) => {
      other = listener
    },
    close() {
      clearInterval(timer)
      for (const { connection } of sentinels) connection.close()
    },
  }
}

function unknownName(node: RedisNode, name: string): Failure {
  return new Failure(placeOf(node), null, new UnknownPrimary(name))
}

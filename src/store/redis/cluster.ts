import type { ClusterRedisSettings, RedisNode } from '../../core/session-store-settings.ts'
import type { ClientAccess, Command } from './client.ts'
import { type ClusterMap, readClusterMap, redirectedTo } from './cluster-map.ts'
import { Failure, placeOf } from './connection.ts'
import { Unreadable, Unserved } from './errors.ts'
import { openNodeConnections } from './node-connections.ts'
import { scanOne } from './scan.ts'
import type { Servers } from './servers.ts'
import { slotOf } from './slot.ts'

/** How often the nodes are asked anew which of them serves what, when something was not where it should be. */
const refreshPauseMs = 250
/** A key is moved at most so often while one command is under way. */
const mostRedirects = 3

/** Redis Cluster: each key at the node that serves its slot. */
export function openCluster(settings: ClusterRedisSettings, answerMs: number): Servers {
  const { username, password, tls } = settings
  const revealed = password?.reveal() ?? null
  const access: ClientAccess = { username, password: revealed, tls, database: 0, answerMs }
  const place = `cluster of ${settings.nodes.map(placeOf).join(', ')}`
  const requests = openNodeConnections(access)
  const endings = openNodeConnections(access)
  let map: ClusterMap | null = null
  let refreshing: Promise<void> | null = null
  let refreshedAtMs = Number.NEGATIVE_INFINITY
  let closed = false

  /** Asks those that are known, and those of the file, until one answers. Rejects with what the last one said. */
  async function discover(): Promise<void> {
    let last: unknown = null
    const known = [...(map?.primaries.values() ?? [])].map(({ node }) => node)
    const asked = new Map([...known, ...settings.nodes].map((node) => [placeOf(node), node]))
    for (const node of asked.values()) {
      if (closed) return
      try {
        const [reply] = await requests.to(node).send([['CLUSTER', 'SLOTS']])
        const found = readClusterMap(reply, node)
        if (found === null) throw new Failure(placeOf(node), ['CLUSTER'], new Unreadable())
        adopt(found)
        return
      } catch (thrown) {
        last = thrown
      }
    }
    throw last
  }

  /** Connections to nodes that serve nothing any more are closed; those of the file stay, to be asked. */
  function adopt(found: ClusterMap): void {
    map = found
    const kept = new Set([...found.primaries.keys(), ...settings.nodes.map(placeOf)])
    requests.keepOnly(kept)
    endings.keepOnly(kept)
  }

  function refresh(): Promise<void> {
    refreshing ??= discover().finally(() => {
      refreshing = null
      refreshedAtMs = performance.now()
    })
    return refreshing
  }

  /** In the background, and not more often than a node can answer. */
  function refreshSoon(): void {
    if (performance.now() < refreshedAtMs + refreshPauseMs) return
    refresh().catch(() => {}) // Whoever asks next is told.
  }

  async function primaryOf(key: string): Promise<RedisNode> {
    if (map === null) await refresh()
    const slot = slotOf(key)
    const node = map?.primaries.get(map.primaryOf[slot] ?? '')?.node
    if (node !== undefined) return node
    refreshSoon()
    throw new Failure(place, null, new Unserved(slot))
  }

  /** Each command for itself: while a slot moves, some of its keys are here and some there. */
  async function send(key: string, commands: readonly Command[]): Promise<readonly unknown[]> {
    const node = await primaryOf(key)
    return Promise.all(commands.map((command) => follow(node, command)))
  }

  async function follow(first: RedisNode, command: Command): Promise<unknown> {
    let [node, asking] = [first, false]
    for (let redirects = 0; ; redirects++) {
      try {
        return await sendTo(node, command, asking)
      } catch (thrown) {
        const to = thrown instanceof Failure ? redirection(thrown, node) : null
        if (to === null || redirects === mostRedirects) {
          if (!(thrown instanceof Failure) || thrown.word === null) refreshSoon()
          throw thrown
        }
        node = to.node
        asking = to.asking
        if (!asking) refreshSoon()
      }
    }
  }

  refresh().catch(() => {})
  return {
    place,
    send,
    sendEach: (commands) =>
      Promise.all(commands.map(async ({ key, command }) => (await send(key, [command]))[0])),
    async everywhere(commands) {
      if (map === null) await refresh()
      const nodes = [...(map?.primaries.values() ?? [])]
      return Promise.all(nodes.map(({ node }) => requests.to(node).send(commands)))
    },
    async *scan(pattern) {
      if (map === null) await refresh()
      for (const { node } of map?.primaries.values() ?? [])
        yield* scanOne((commands) => requests.to(node).send(commands), pattern)
    },
    confirming(key) {
      const name = map?.primaryOf[slotOf(key)] ?? ''
      const primary = map?.primaries.get(name)
      if (primary === undefined) throw new Failure(place, null, new Unserved(slotOf(key)))
      const { node, hasReplicas } = primary
      return { place: name, replicated: hasReplicas, send: endings.to(node).send }
    },
    close() {
      closed = true
      requests.close()
      endings.close()
    },
  }

  /** While a slot moves, its new node answers to whoever says so before each command. */
  async function sendTo(node: RedisNode, command: Command, asking: boolean): Promise<unknown> {
    const replies = await requests.to(node).send(asking ? [['ASKING'], command] : [command])
    return replies.at(-1)
  }
}

function redirection(
  { word, message }: Failure,
  asked: RedisNode,
): { readonly node: RedisNode; readonly asking: boolean } | null {
  if (word !== 'MOVED' && word !== 'ASK') return null
  const node = redirectedTo(message, asked)
  return node === null ? null : { node, asking: word === 'ASK' }
}

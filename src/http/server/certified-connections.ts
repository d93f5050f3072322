import type { X509Certificate } from 'node:crypto'
import type { Server, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import {
  type ChainCertificate,
  chainCertificate,
  type OpenAuthority,
  openAuthority,
} from '../../core/certificate/authority.ts'
import { readCertificateClaims } from '../../core/certificate/claims.ts'
import { judgeChain } from '../../core/certificate/client-chain.ts'
import type { ConnectionCertificate } from '../../core/certificate/connection-certificate.ts'
import type { CertificateAuthority } from '../../core/certificate/settings.ts'
import type { Gateway } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import type { Clock } from '../../core/ports.ts'
import { sameSettings } from '../../runtime/same-settings.ts'
import type { RefusedCertificate } from '../operations/refused-certificates.ts'
import { connectionOf } from './connection.ts'

/** What the gate reads of it: see `RequestFacts`. */
type Certified = TLSSocket & { certificate?: ConnectionCertificate | null }

export interface CertifiedConnectionsOptions {
  readonly clock: Clock
  readonly authorities: readonly CertificateAuthority[]
  readonly onRefused: (refused: RefusedCertificate) => void
  /** How long a connection lasts on which a certificate was shown; a test brings less. */
  readonly lifeMs?: number
}

export interface CertifiedConnections {
  /** Judges the certificate of each connection of a server that asks for one, once, before its first request. */
  follow(server: Server): void
  /**
   * A configuration came into force: with other certificates or lists of authorities every connection on which one was
   * shown ends after its request.
   */
  renew(gateway: Pick<Gateway, 'clientCertificates'>): void
}

/** Connections on which clients showed certificates: what these are worth, and when the connections end. */
export function certifiedConnections({
  clock,
  authorities: first,
  onRefused,
  lifeMs = limits.certificateConnectionMs,
}: CertifiedConnectionsOptions): CertifiedConnections {
  let settings = first
  let authorities = first.map((one) => openAuthority(one).authority)
  let former: readonly Former[] = []
  const open = new Set<TLSSocket>()

  function stillFormer(): readonly Former[] {
    const nowMs = clock.monotonicMs()
    return former.filter(({ untilMs }) => nowMs < untilMs)
  }

  function judge(socket: TLSSocket, leaf: X509Certificate): ConnectionCertificate | null {
    const refuse = (why: RefusedCertificate['why'], authority: string | null = null): null => {
      const error = socket.authorizationError
      const detail = why === 'untrusted' && error ? String(error) : null
      onRefused({ why, authority, detail, peer: socket.remoteAddress, fingerprint: fingerprintOf(leaf) })
      return null
    }
    const shown = certificatesOf(leaf)
    if (shown === null) return refuse('chain-too-long')
    if (!socket.authorized) return refuse('untrusted')
    const chain = shown.map(chainCertificate)
    const known = chain.filter((one) => one !== null)
    if (known.length < chain.length) return refuse('unreadable')
    const gone = stillFormer().flatMap(({ authorities }) => authorities)
    const verdict = judgeChain(known, [...authorities, ...gone], clock.now())
    if (!verdict.ok) return refuse(verdict.refusal, verdict.authority)
    if (gone.some(({ name }) => name === verdict.authority)) return refuse('untrusted', verdict.authority)
    const { authority } = verdict
    const claims = readCertificateClaims(leaf.raw, authority)
    const endsAt = claims?.not_after
    if (claims === null || typeof endsAt !== 'number') return refuse('unreadable', authority)
    return { authority, claims, fingerprint: fingerprintOf(leaf), endsAt }
  }

  function take(socket: Certified): void {
    const leaf = socket.getPeerX509Certificate()
    socket.certificate = null
    if (leaf === undefined) return
    socket.certificate = judge(socket, leaf)
    open.add(socket)
    const timer = setTimeout(() => endConnection(socket), lifeMs).unref()
    socket.once('close', () => {
      clearTimeout(timer)
      open.delete(socket)
    })
  }

  return {
    // Before what reads requests of it.
    follow: (server) => void server.prependListener('secureConnection', take),
    renew: ({ clientCertificates }) => {
      const next = clientCertificates?.authorities ?? []
      if (sameSettings(settings, next)) return
      const before = authorities
      settings = next
      authorities = next.map((one) => openAuthority(one).authority)
      const last: Former = { authorities: before, untilMs: clock.monotonicMs() + limits.silenceMs }
      former = [...stillFormer(), last].map(({ authorities: gone, untilMs }) => ({
        authorities: withoutThoseOf(gone, authorities),
        untilMs,
      }))
      for (const socket of open) endConnection(socket)
    },
  }
}

/**
 * Certificates of authorities that are none any more. While handshakes may last that began before, TLS may have verified a
 * chain by these: what leads to one of them counts by no other. Several, when one change came soon after another.
 */
interface Former {
  readonly authorities: readonly OpenAuthority[]
  readonly untilMs: number
}

function withoutThoseOf(
  before: readonly OpenAuthority[],
  now: readonly OpenAuthority[],
): readonly OpenAuthority[] {
  const kept = now.flatMap(({ certificates }) => certificates)
  const isKept = ({ certificate }: ChainCertificate) =>
    kept.some((one) => one.certificate.raw.equals(certificate.raw))
  return before.map(({ certificates }) => ({
    name: '',
    certificates: certificates.filter((one) => !isKept(one)),
    lists: null,
  }))
}

/** The certificate and those that came with it, in the order in which they came; null: more than are looked at. */
function certificatesOf(leaf: X509Certificate): readonly X509Certificate[] | null {
  const found: X509Certificate[] = []
  for (let next: X509Certificate | undefined = leaf; next !== undefined; next = next.issuerCertificate) {
    if (found.length === limits.shownClientCertificates) return null
    found.push(next)
  }
  return found
}

function fingerprintOf(certificate: X509Certificate): string {
  return Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
}

/** Ends something that outlasts requests. True: the connection ends by that. */
type Ending = () => boolean

const carried = Symbol('endings')

type Carrier = Socket & { [carried]?: Set<Ending> }

/**
 * To be told when a connection is to end on which a certificate was shown: of WebSockets and event streams, which would go
 * on. Returns how to take it back. Never told of any other connection.
 */
export function whenConnectionEnds(socket: Socket, end: Ending): () => void {
  const carrier: Carrier = socket
  carrier[carried] ??= new Set()
  const endings = carrier[carried]
  endings.add(end)
  return () => void endings.delete(end)
}

/** After the request that it serves; at once when that never ends, or there is none. */
function endConnection(socket: Socket): void {
  const carrier: Carrier = socket
  const ended = [...(carrier[carried] ?? [])].map((end) => end())
  if (ended.includes(true)) return
  const connection = connectionOf(socket)
  if (connection === null) socket.destroySoon()
  else connection.endAfterCurrent()
}

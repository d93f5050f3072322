import { errorCode } from '../../core/error-code.ts'
import { type FaultCode, StoreFault } from '../../core/fault.ts'
import type { StoreName } from '../fault.ts'
import { Failure } from './connection.ts'
import {
  NotPrimary,
  Timeout,
  TlsRefused,
  TlsTimeout,
  UnknownPrimary,
  Unreadable,
  Unserved,
} from './errors.ts'

interface Meaning {
  readonly code: FaultCode
  /** Behind `the session store redis HOST:PORT `. */
  readonly says: string
}

/** By the first word of an error reply. */
const replies: Readonly<Record<string, Meaning>> = {
  NOAUTH: unavailable('asks for a password: set `password`, and `username` for a user of its ACL'),
  WRONGPASS: unavailable('does not know this user and password: correct `username` and `password`'),
  MOVED: unavailable('is a node of a cluster: write `redis_cluster` in place of `redis`'),
  CLUSTERDOWN: unavailable('belongs to a cluster that is down: some slots are served by no node'),
  TRYAGAIN: unavailable('moves these keys to another node just now'),
  READONLY: unavailable('is a replica, which takes no writes: name the primary, or use `redis_sentinel`'),
  MASTERDOWN: unavailable('is a replica that has lost its primary'),
  NOREPLICAS: unavailable('has fewer replicas than `min-replicas-to-write` asks for'),
  LOADING: unavailable('loads its data and serves nobody yet'),
  BUSY: unavailable('runs a script of somebody else and serves nobody'),
  MISCONF: { code: 'STORE_FULL', says: 'cannot write to its disk, and takes no writes until it can' },
  OOM: { code: 'STORE_FULL', says: 'has reached `maxmemory`, and takes no writes: give it more' },
  WRONGTYPE: { code: 'STORE_INVALID', says: 'has something else under our keys: set another `key_prefix`' },
}

/** By the code of Node's errors. */
const errors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection: nobody listens there',
  ENOTFOUND: 'is not found: there is no such host name',
  EAI_AGAIN: 'is not found: the name server does not answer',
  EHOSTUNREACH: 'cannot be reached: there is no route to it',
  ENETUNREACH: 'cannot be reached: there is no route to it',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  CERT_HAS_EXPIRED: 'shows a certificate that has expired',
  CERT_NOT_YET_VALID: 'shows a certificate that is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'shows a certificate for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'shows a certificate that no known authority signed: set `ca_file`',
  SELF_SIGNED_CERT_IN_CHAIN: 'shows a certificate that no known authority signed: set `ca_file`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'shows a certificate that no known authority signed: set `ca_file`',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'shows a certificate that no known authority signed: set `ca_file`',
  ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS at this port: expected redis://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'does not speak TLS at this port: expected redis://',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'asks for a certificate: set `certificate` and `key`',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'does not accept our certificate: its authority is not known there',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'does not accept our certificate',
}

/** A StoreFault for what a command came to: where, what was found, what would be right. No argument of a command is told. */
export function toStoreFault(thrown: unknown, name: StoreName = 'session store'): StoreFault {
  if (thrown instanceof StoreFault) return thrown
  if (thrown instanceof Unreadable)
    return new StoreFault('STORE_INVALID', `the ${name} redis answers what cannot be read`, thrown)
  if (!(thrown instanceof Failure))
    return new StoreFault('STORE_UNAVAILABLE', `the ${name} redis does not answer`, thrown)
  const { code, says } = meaningOf(thrown)
  return new StoreFault(code, `the ${name} redis ${thrown.place} ${says}`, thrown.cause)
}

function meaningOf({ word, command, message, cause }: Failure): Meaning {
  if (word === 'NOPERM') return unavailable(permission(command, message))
  if (word === 'ERR') return unavailable(unknownCommand(command, message))
  if (word !== null) return replies[word] ?? unavailable(`answers ${command ?? 'us'} with ${word}`)
  if (cause instanceof TlsTimeout)
    return unavailable('does not answer within a second: does it speak TLS at this port?')
  if (cause instanceof TlsRefused)
    return unavailable(
      'closes TLS as soon as it stands: it asks for a certificate (`certificate` and `key`), or for another',
    )
  if (cause instanceof Timeout) return unavailable('does not answer within a second')
  if (cause instanceof UnknownPrimary)
    return unavailable('is a Sentinel that knows no primary of this name: correct `name`')
  if (cause instanceof NotPrimary) return unavailable('is a replica, though the Sentinels name it')
  if (cause instanceof Unserved) return unavailable(`is not whole: ${cause.message}`)
  if (cause instanceof Unreadable) return { code: 'STORE_INVALID', says: 'answers what cannot be read' }
  const code = errorCode(cause)
  return unavailable((code === null ? null : errors[code]) ?? otherwise(cause, code))
}

function unavailable(says: string): Meaning {
  return { code: 'STORE_UNAVAILABLE', says }
}

/** ACL, Redis 6: a command, or a key. */
function permission(command: string | null, message: string): string {
  if (/\bkeys?\b/.test(message))
    return 'does not let this user at our keys: add ~PREFIX* to its ACL, with `key_prefix`'
  return `does not let this user run ${command ?? 'a command'}: add +${(command ?? 'COMMAND').toLowerCase()} to its ACL`
}

function unknownCommand(command: string | null, message: string): string {
  if (/invalid password|without any password/.test(message))
    return 'does not take this password: correct `password`, and set `username` for a user of its ACL'
  if (/user executing the script/.test(message))
    return 'does not let this user run what our scripts do: give it every permission of docs/operations.md'
  if (/DB index/.test(message)) return 'has no such database: correct the number'
  if (/unknown command|syntax error|wrong number/.test(message))
    return `does not know ${command ?? 'a command'} as we write it: expected Redis 6.2 or later`
  return `answers ${command ?? 'us'} with an error`
}

function otherwise(cause: unknown, code: string | null): string {
  if (code !== null) return `cannot be used (${code})`
  return cause instanceof Error && /closed|Disconnects/i.test(cause.message)
    ? 'closed the connection'
    : 'does not answer in the way of Redis'
}

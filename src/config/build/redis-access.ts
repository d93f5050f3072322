import type { Secret } from '../../core/secret.ts'
import type { RedisNode, RedisTls } from '../../core/session-store-settings.ts'
import type { ConfigPath } from '../node.ts'
import { readRedisNode } from '../redis-address.ts'
import { readCertificateFile, readKeyPair } from './pem.ts'
import { faultAt, faultAtKey, isWritten, type Scope, warnAt } from './scope.ts'
import type { NamedSecret } from './secrets.ts'

/** The nodes of a list, those that are right; the others are reported. */
export function readNodes(
  scope: Scope,
  at: ConfigPath,
  written: readonly string[] | undefined,
  usualPort: number,
): readonly RedisNode[] {
  const seen = new Set<string>()
  return (written ?? []).flatMap((text, index) => {
    const read = readRedisNode(text, usualPort)
    if (!read.ok) faultAt(scope, [...at, index], read.message)
    if (!read.ok) return []
    const name = `${read.value.host} ${read.value.port}`
    if (seen.has(name)) faultAt(scope, [...at, index], 'is named twice')
    seen.add(name)
    return [read.value]
  })
}

interface AccessKeys {
  readonly username?: string
  readonly password?: Secret
  readonly ca_file?: string
  readonly certificate?: string
  readonly key?: string
}

/** What every kind of Redis says of who we are there. `isTls` is null where it is not known, as what says it was faulty. */
export function readAccess(
  scope: Scope,
  at: ConfigPath,
  keys: AccessKeys,
  isTls: boolean | null,
  switchedOn: string,
) {
  for (const key of ['ca_file', 'certificate', 'key']) {
    if (isTls === false && isWritten(scope, [...at, key]))
      faultAtKey(scope, [...at, key], `belongs to TLS: \`${switchedOn}\``)
  }
  const { username = null, password = null, ca_file: caFile } = keys
  const ca = caFile === undefined ? null : readCertificateFile(scope, [...at, 'ca_file'], caFile)
  const clientCertificate = readClientCertificate(scope, at, keys)
  const tls: RedisTls | null = isTls === true ? { ca, clientCertificate } : null
  return { username, password, tls }
}

function readClientCertificate(scope: Scope, at: ConfigPath, { certificate, key }: AccessKeys) {
  const [hasCertificate, hasKey] = [
    isWritten(scope, [...at, 'certificate']),
    isWritten(scope, [...at, 'key']),
  ]
  if (hasCertificate && !hasKey) faultAtKey(scope, [...at, 'certificate'], 'needs its `key`')
  if (hasKey && !hasCertificate) faultAtKey(scope, [...at, 'key'], 'needs its `certificate`')
  return certificate === undefined || key === undefined ? null : readKeyPair(scope, at, { certificate, key })
}

/** AUTH takes no user name alone. */
export function checkUsername(
  scope: Scope,
  at: ConfigPath,
  username: string | null,
  password: Secret | null,
): void {
  if (username === null || password !== null || isWritten(scope, [...at, 'password'])) return
  const place = isWritten(scope, [...at, 'username']) ? [...at, 'username'] : at
  faultAt(scope, place, 'a user name needs a password')
}

/**
 * Beyond this machine it has one explicit key, and is warned of at each start. What Sentinels and nodes name is reached
 * in the same way, so for these it is asked for wherever they are themselves.
 */
export function checkPlain(scope: Scope, at: ConfigPath, isAllowed: boolean, secure: string): void {
  if (isAllowed)
    warnAt(
      scope,
      at,
      'is reached without TLS, as `allow_insecure_redis` allows: whoever is on the way can read the password, and with it end sessions or put back older ones',
    )
  else
    faultAt(
      scope,
      at,
      `must be \`${secure}\`: sessions stay on this machine or go by TLS (or, knowingly, with \`allow_insecure_redis: true\` in \`session\`)`,
    )
}

/** Those that are there, to be held against the file's other secrets. */
export function passwordsOf(
  written: readonly (readonly [ConfigPath, Secret | null])[],
): readonly NamedSecret[] {
  return written.flatMap(([at, secret]) =>
    secret === null ? [] : [{ purpose: 'store' as const, path: at, secret }],
  )
}

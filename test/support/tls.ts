import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate authority for one test run, made by openssl in a folder that is gone afterwards. */
export interface TestAuthority {
  /** PEM. */
  readonly certificate: string
  /** A server certificate; `names` as openssl writes them: `DNS:localhost`, `IP:127.0.0.1`. */
  issue(options: {
    readonly names: readonly string[]
    readonly expired?: boolean
    /** For a client instead of a server. */
    readonly client?: boolean
  }): {
    readonly key: string
    readonly cert: string
  }
}

export function createAuthority(): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-tls-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const ca = [
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ]
  openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    '-subj',
    '/CN=Test CA',
    ...ca,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
  )
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  let serial = 0
  return {
    certificate: read('ca.crt'),
    issue({ names, expired = false, client = false }) {
      serial += 1
      const name = `leaf-${serial}`
      openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
      const extensions = `subjectAltName=${names.join(',')}\nextendedKeyUsage=${client ? 'client' : 'server'}Auth\nbasicConstraints=CA:FALSE\n`
      writeFileSync(join(folder, `${name}.ext`), extensions)
      const validity = expired ? ['-days', '-1'] : ['-days', '2']
      const issuer = [
        '-CA',
        'ca.crt',
        '-CAkey',
        'ca.key',
        '-set_serial',
        String(serial),
        '-extfile',
        `${name}.ext`,
      ]
      openssl('x509', '-req', '-in', `${name}.csr`, ...issuer, ...validity, '-out', `${name}.crt`)
      return { key: read(`${name}.key`), cert: read(`${name}.crt`) }
    },
  }
}

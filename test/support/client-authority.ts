import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate with its key, as PEM and as files. */
export interface Issued {
  readonly name: string
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

export interface IssueOptions {
  /** Lines of an OpenSSL extension file; a client's when absent. */
  readonly extensions?: readonly string[]
  /** Days from now at which it begins and ends. */
  readonly days?: readonly [number, number]
  readonly subject?: string
}

/** An authority that issues certificates and takes them back, made by `openssl ca`. */
export interface ClientAuthority extends Issued {
  issue(name: string, options?: IssueOptions): Issued
  /** One that may issue itself, below this one. */
  intermediate(name: string, extensions?: readonly string[]): ClientAuthority
  revoke(certificate: Issued): void
  /** Its list as it is now, which ends after so many days; below zero: it has ended. */
  crl(days?: number, extensions?: readonly string[]): string
}

const client = ['extendedKeyUsage=clientAuth', 'basicConstraints=CA:FALSE']
const issuing = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign']
const daySeconds = 24 * 60 * 60

/** In a folder that is gone when the test process ends. */
export function createClientAuthority(name: string): ClientAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-ca-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const own = makeKey(folder, name)
  const args = ['req', '-x509', '-new', '-key', `${name}.key`, '-days', '3650', '-subj', `/CN=${name}`]
  openssl(folder, ...args, ...issuing.flatMap((line) => ['-addext', line]), '-out', `${name}.crt`)
  return authorityOf(folder, { ...own, cert: readFileSync(own.certFile, 'utf8') })
}

function authorityOf(folder: string, own: Issued): ClientAuthority {
  const { name } = own
  const config = `${name}.cnf`
  const lines = [`database=${name}.index`, 'new_certs_dir=.', 'unique_subject=no', 'policy=any']
  const common = [...lines, 'default_md=sha256', `crlnumber=${name}.crlnumber`, 'rand_serial=yes']
  writeFileSync(
    join(folder, config),
    `[ca]\ndefault_ca=own\n[own]\n${common.join('\n')}\n[any]\ncommonName=optional\norganizationName=optional\nemailAddress=optional\n`,
  )
  writeFileSync(join(folder, `${name}.index`), '')
  writeFileSync(join(folder, `${name}.crlnumber`), '01\n')
  const ca = (...args: string[]) =>
    openssl(folder, 'ca', '-config', config, '-cert', `${name}.crt`, '-keyfile', `${name}.key`, ...args)

  function issue(of: string, { extensions = client, days = [-1, 30], subject }: IssueOptions = {}): Issued {
    const issued = makeKey(folder, of)
    const request = ['req', '-new', '-key', `${of}.key`, '-subj', subject ?? `/CN=${of}`]
    openssl(folder, ...request, '-out', `${of}.csr`)
    writeFileSync(join(folder, `${of}.ext`), extensions.join('\n'))
    const [from, to] = days.map(timeIn)
    const dates = ['-startdate', from ?? '', '-enddate', to ?? '']
    ca('-batch', '-notext', ...dates, '-extfile', `${of}.ext`, '-in', `${of}.csr`, '-out', `${of}.crt`)
    return { ...issued, cert: readFileSync(issued.certFile, 'utf8') }
  }

  return {
    ...own,
    issue,
    intermediate: (of, extensions = issuing) =>
      authorityOf(folder, issue(of, { extensions, days: [-1, 3000] })),
    revoke: ({ certFile }) => void ca('-revoke', certFile),
    crl: (days = 7, extensions = []) => {
      const dates = ['-crl_lastupdate', timeIn(Math.min(-1, days - 1)), '-crl_nextupdate', timeIn(days)]
      const more = extensions.length === 0 ? [] : ['-crlexts', 'list']
      if (more.length > 0)
        writeFileSync(join(folder, config), `\n[list]\n${extensions.join('\n')}\n`, { flag: 'a' })
      ca('-gencrl', ...dates, ...more, '-out', `${name}.crl`)
      return readFileSync(join(folder, `${name}.crl`), 'utf8')
    },
  }
}

function makeKey(folder: string, name: string): Issued {
  const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)]
  const curve = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
  openssl(folder, 'genpkey', ...curve, '-out', `${name}.key`)
  return { name, cert: '', key: readFileSync(keyFile, 'utf8'), certFile, keyFile }
}

function openssl(cwd: string, ...args: readonly string[]): Buffer {
  return execFileSync('openssl', args, { cwd, stdio: 'pipe' })
}

/** As `openssl ca` takes it. */
function timeIn(days: number): string {
  return new Date(Date.now() + days * daySeconds * 1000).toISOString().replace(/[-:T]|\.\d+/g, '')
}

/** The bytes of a PEM block. */
export function derOf(pem: string): Uint8Array {
  return Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
}

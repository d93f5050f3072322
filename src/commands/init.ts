import { writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Command, Io } from '../cli/command.ts'
import { type OptionSpecs, type Options, optionsHelp, readOptions } from '../cli/options.ts'
import { refuseUsage } from '../cli/program.ts'
import { readFromDisk } from '../config/files.ts'
import { printIssue } from '../config/issue.ts'
import { loadGatewayFromText } from '../config/load.ts'
import { registrationsOf } from '../config/registration.ts'
import { registrationText } from '../config/registration-text.ts'
import { type Discovery, discover } from '../init/discovery.ts'
import { type FirstFile, firstFile } from '../init/first-file.ts'
import { metadataUrlOf, readIssuer, type WantedIssuer } from '../init/issuer.ts'

const specs = {
  issuer: {
    type: 'string',
    value: 'URL',
    help: 'the OpenID Connect provider, such as https://accounts.google.com, or the address of its metadata',
  },
  upstream: { type: 'string', value: 'URL', help: 'where the app is reached, such as http://127.0.0.1:5000' },
  url: { type: 'string', value: 'URL', help: 'what people will browse, such as https://wiki.example.com' },
  output: { type: 'string', short: 'o', value: 'FILE', help: 'the file to write (default claimgate.yaml)' },
  force: { type: 'boolean', help: 'overwrites a file that is there' },
  json: {
    type: 'boolean',
    help: 'answers as JSON: {file, provider_asked, issuer, register: [{provider, redirectUris, postLogoutRedirectUris, …}]}',
  },
} as const satisfies OptionSpecs

const usage = `Usage: claimgate init --issuer URL --upstream URL --url URL [-o FILE] [--force] [--json]

Writes a first configuration that \`claimgate check\` accepts, and names what to register at the provider. The
provider's metadata is read to get the issuer right; without a network the file is written all the same.

${optionsHelp(specs)}
Exit status: 0 when the file was written, 1 when it was not, 2 for wrong usage.
`

export const command: Command = {
  name: 'init',
  summary: 'write a first configuration',
  usage,
  options: specs,
  run: async (args, io) => {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    const wanted = readWanted(read.options)
    if (wanted === null) {
      return refuseUsage(command, '--issuer, --upstream and --url are needed.', io)
    }
    return writeFirst(wanted, read.options, io)
  },
}

interface Wanted extends Pick<FirstFile, 'upstream' | 'url'> {
  readonly provider: WantedIssuer
}

function readWanted(given: Options): Wanted | null {
  const [issuer, upstream, url] = [given.text('issuer'), given.text('upstream'), given.text('url')]
  return issuer && upstream && url ? { provider: readIssuer(issuer), upstream, url } : null
}

async function writeFirst({ provider, ...app }: Wanted, given: Options, io: Io): Promise<number> {
  const file = given.text('output') ?? 'claimgate.yaml'
  const path = resolve(io.cwd, file)
  const asked = fileOf(provider, provider.issuer, app, false)
  if (checked(asked, file, path, io) === null) return 2
  const discovery = await discover(provider.metadata, io.signal)
  const issuer = discovery.ok ? discovery.issuer : provider.issuer
  if (!provider.isMetadata && withoutSlash(issuer) !== withoutSlash(provider.issuer)) {
    io.stderr(`The provider calls itself ${issuer}, not ${provider.issuer}: give that as --issuer.\n`)
    return 1
  }
  const text = fileOf(provider, issuer, app, discovery.ok && discovery.signsOut)
  const gateway = checked(text, file, path, io)
  if (gateway === null || !(await write(path, file, text, given.flag('force'), io))) return 1
  const register = registrationsOf(gateway)
  if (given.flag('json')) {
    io.stdout(`${JSON.stringify({ file, provider_asked: discovery.ok, issuer, register }, null, 2)}\n`)
    return 0
  }
  io.stdout(`${file} is written.\n${discoveryText(discovery)}\n`)
  io.stdout(registrationText(register))
  io.stdout(`\nThen put the client's id and secret in their places, and see that it is fine:\n`)
  io.stdout(`  claimgate check -c ${file}\n  claimgate serve -c ${file}\n`)
  return 0
}

function fileOf(
  provider: WantedIssuer,
  issuer: string,
  app: Pick<FirstFile, 'upstream' | 'url'>,
  signsOut: boolean,
): string {
  return firstFile({ ...app, issuer, metadataUrl: metadataUrlOf(provider, issuer), signsOut })
}

function withoutSlash(issuer: string): string {
  return issuer.replace(/\/$/, '')
}

/** The configuration that a text would be; null when what was asked for is at fault, which is said. */
function checked(text: string, file: string, path: string, io: Io) {
  const loaded = loadGatewayFromText(text, {
    file,
    folder: dirname(path),
    // What the file asks for is set where it will run, not here.
    env: {},
    readFile: readFromDisk,
  })
  if (loaded.ok) return loaded.gateway
  for (const issue of loaded.issues)
    io.stderr(`${printIssue({ ...issue, file: 'claimgate init', position: null })}\n`)
  return null
}

async function write(path: string, file: string, text: string, force: boolean, io: Io): Promise<boolean> {
  try {
    // Written for its owner alone: sooner or later somebody puts a secret into it.
    await writeFile(path, text, { flag: force ? 'w' : 'wx', mode: 0o600 })
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const why =
      code === 'EEXIST'
        ? 'it is there already; --force overwrites it'
        : String(code ?? 'it cannot be written')
    io.stderr(`${file} is not written: ${why}.\n`)
    return false
  }
}

function discoveryText(discovery: Discovery): string {
  if (!discovery.ok) {
    return `The provider could not be asked: ${discovery.reason}.\nSee that the issuer is exactly as it writes it.\n`
  }
  const out = discovery.signsOut ? 'signing out there is possible' : 'it offers no sign-out of its own'
  return `The provider was asked: its issuer is ${discovery.issuer}, and ${out}.\n`
}

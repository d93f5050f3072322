import { writeFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { Command, Io } from '../cli/command.ts'
import { defaultFile, type OptionSpecs, type Options, optionsHelp, readOptions } from '../cli/options.ts'
import { commandLine, refuseUsage } from '../cli/program.ts'
import { whyUnwritten } from '../cli/unwritten.ts'
import { inferPreset } from '../config/build/preset.ts'
import { readFromDisk } from '../config/files.ts'
import { printIssue } from '../config/issue.ts'
import { loadGatewayFromText } from '../config/load.ts'
import { registrationsOf } from '../config/registration.ts'
import { registrationText } from '../config/registration-text.ts'
import { readWebAddress } from '../config/web-address.ts'
import { errorCode } from '../core/error-code.ts'
import { showOwn } from '../core/show.ts'
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
  output: {
    type: 'string',
    short: 'o',
    value: 'FILE',
    help: 'the file to write (default: CLAIMGATE_CONFIG, else claimgate.yaml); - is the standard output, for containers too',
  },
  force: { type: 'boolean', help: 'overwrites a file that is there' },
  json: {
    type: 'boolean',
    help: 'answers as JSON; see below',
  },
} as const satisfies OptionSpecs

const usage = `Usage: claimgate init --issuer URL --upstream URL --url URL [-o FILE] [--force] [--json]

Writes a first configuration that \`claimgate check\` accepts, and names what to register at the provider. The
provider's metadata is read to get the issuer right; without a network the file is written all the same.

${optionsHelp(specs)}
Exit status: 0 when the file was written, 1 when it was not, 2 for wrong usage.

JSON: {file, provider_asked, issuer, register: [{provider, redirectUris, postLogoutRedirectUris, …}]}; with -o - file is
null, and yaml is what it would hold.
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
  const output = given.text('output') ?? defaultFile(io.env)
  const toStdout = output === '-'
  const file = toStdout ? 'claimgate.yaml' : output
  const path = resolve(io.cwd, file)
  const asked = fileOf(provider, provider.issuer, app, null)
  if (checked(asked, file, path, io) === null) return 2
  const discovery = await discover(provider.metadata, io.signal)
  const issuer = discovery.ok ? discovery.issuer : provider.issuer
  if (!provider.isMetadata && withoutSlash(issuer) !== withoutSlash(provider.issuer)) {
    io.stderr(
      `The provider calls itself ${showOwn(issuer)}, not ${provider.issuer}: give that as --issuer.\n`,
    )
    return 1
  }
  const text = fileOf(provider, issuer, app, discovery.ok ? signsOut(discovery, issuer) : null)
  const gateway = checked(text, file, path, io)
  if (gateway === null) return 1
  if (!toStdout && !(await write(path, file, text, given.flag('force'), io))) return 1
  const register = registrationsOf(gateway)
  if (given.flag('json')) {
    const told = { file: toStdout ? null : file, provider_asked: discovery.ok, issuer, register }
    io.stdout(`${JSON.stringify(toStdout ? { ...told, yaml: text } : told, null, 2)}\n`)
    return 0
  }
  if (toStdout) io.stdout(text)
  const say = toStdout ? io.stderr : io.stdout
  if (!toStdout) say(`${file} is written.\n`)
  say(`${discoveryText(discovery, issuer)}\n${registrationText(register)}`)
  say(nextText(output, io))
  return 0
}

/** A file that a command finds by itself is not named. */
function nextText(output: string, io: Io): string {
  const own = defaultFile(io.env)
  const named = output === '-' || output === own ? [] : ['-c', output]
  const saved = output === '-' ? `Save it as ${basename(own)}. ` : ''
  return `
${saved}Then put the client's id and secret in their places, and see that it is fine:
  ${commandLine(io, 'check', ...named)}
  ${commandLine(io, 'serve', ...named)}
`
}

/** Two kinds of provider have a sign-out of their own that their metadata may not name: see oidc/logout.ts. */
function signsOut(discovery: Extract<Discovery, { ok: true }>, issuer: string): boolean {
  const read = readWebAddress(issuer)
  const preset = read.ok ? inferPreset(read.address) : 'generic'
  return discovery.signsOut || preset === 'cognito' || preset === 'auth0'
}

function fileOf(
  provider: WantedIssuer,
  issuer: string,
  app: Pick<FirstFile, 'upstream' | 'url'>,
  signsOut: boolean | null,
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
    if (errorCode(error) === 'EEXIST') {
      io.stderr(`${file} is not written: it is there already; --force overwrites it.\n`)
      return false
    }
    // A container whose file system is read-only, or a folder of somebody else.
    const instead = '-o - prints it instead, for `> claimgate.yaml` where it can be written'
    io.stderr(`${file} is not written: ${whyUnwritten(error)}; ${instead}.\n`)
    return false
  }
}

function discoveryText(discovery: Discovery, issuer: string): string {
  if (!discovery.ok) {
    return `The provider could not be asked: ${discovery.reason}.\nSee that the issuer is exactly as it writes it.\n`
  }
  const out = signsOut(discovery, issuer)
    ? 'signing out there is possible'
    : 'it offers no sign-out of its own'
  return `The provider was asked: its issuer is ${showOwn(discovery.issuer)}, and ${out}.\n`
}

import { basename, dirname, join, relative } from 'node:path'
import { showOwn } from '../core/show.ts'
import type { Command, Io, Program } from './command.ts'

/** How this process was started. */
export interface Start {
  /** The path of the program, as it was found: a link stays a link. */
  readonly path: string
  /** The folder of the package or checkout that it belongs to. */
  readonly root: string
  readonly cwd: string
  readonly env: Io['env']
  readonly pid: number
}

/**
 * How a person runs this program again. In the image the Dockerfile says so (`CLAIMGATE_IMAGE`): a container whose first
 * process is this command ends with it, so the next one is a container of its own. Under npm its variables tell a
 * checkout from an installed package. Everywhere else it is the path that was typed, or the name alone where a shell
 * finds it.
 */
export function programOf(start: Start): Program {
  const { env, pid, path } = start
  const image = env.CLAIMGATE_IMAGE || null
  if (image !== null) return ofImage(image, env, pid === 1)
  const kind = kindOf(start.root)
  if (env.npm_package_json === join(start.root, 'package.json'))
    return always(kind, 'npm run -s claimgate --')
  if (!isLink(path)) return always(kind, `node ${shellWord(nearer(start))}`)
  const folder = dirname(path)
  if (env.npm_command === 'exec')
    return always(kind, isLocal(folder, start.cwd) ? 'npx claimgate' : shellWord(path))
  const isFound = (env.PATH ?? '').split(':').includes(folder)
  return always(kind, isFound ? 'claimgate' : shellWord(nearer(start)))
}

function always(kind: Program['kind'], again: string): Program {
  return { kind, again, meanwhile: again, demo: `${again} demo` }
}

/** npm puts global packages below `lib`, those of a project below the project. */
function kindOf(root: string): Program['kind'] {
  if (basename(dirname(root)) !== 'node_modules') return 'checkout'
  return basename(dirname(dirname(root))) === 'lib' ? 'global' : 'local'
}

/** The folder that `-v` names is where the file of `CLAIMGATE_CONFIG` is; a container is called by its host name. */
function ofImage(image: string, env: Io['env'], isFirstProcess: boolean): Program {
  const engine = env.container === 'podman' ? 'podman' : 'docker'
  const { HOSTNAME: name = '' } = env
  const demo = `${engine} run --rm -p 8080:8080 claimgate-demo`
  if (!isFirstProcess) return { kind: 'image', again: 'claimgate', meanwhile: 'claimgate', demo }
  return {
    kind: 'image',
    again: `${engine} run --rm -v "$PWD:/config" ${shellWord(image)}`,
    meanwhile: name === '' ? 'claimgate' : `${engine} exec ${shellWord(name)} claimgate`,
    demo,
  }
}

function isLink(path: string): boolean {
  return !path.endsWith('.js') && !path.endsWith('.ts')
}

/** `npx claimgate` runs the package of this folder, and asks no registry for another one of that name. */
function isLocal(folder: string, cwd: string): boolean {
  const suffix = join('node_modules', '.bin')
  return (
    folder === join(cwd, suffix) ||
    (folder.endsWith(suffix) && cwd.startsWith(folder.slice(0, -suffix.length)))
  )
}

/** The path from here, unless the whole one is shorter. A shell looks for a bare name elsewhere. */
function nearer({ path, cwd }: Start): string {
  const near = relative(cwd, path)
  if (near.length >= path.length) return path
  return near.includes('/') ? near : `./${near}`
}

/** What is said of a program that nobody told how it was started. */
const byName: Program = always('global', 'claimgate')

/** A command line that works where it is printed: `npm run -s claimgate -- check` in a checkout. */
export function commandLine({ program = byName }: Pick<Io, 'program'>, ...words: readonly string[]): string {
  return [program.again, ...words.map(shellWord)].join(' ')
}

/** As `commandLine`, for a second terminal while this command goes on. */
export function commandLineMeanwhile(
  { program = byName }: Pick<Io, 'program'>,
  ...words: readonly string[]
): string {
  return [program.meanwhile, ...words.map(shellWord)].join(' ')
}

/** The whole line that shows the demo. */
export function demoLine({ program = byName }: Pick<Io, 'program'>): string {
  return program.demo
}

/** How a package is put beside this one; null where it cannot. */
export function installLine({ program = byName }: Pick<Io, 'program'>, name: string): string | null {
  switch (program.kind) {
    case 'checkout':
      return 'npm ci'
    case 'local':
      return `npm install ${name}`
    case 'global':
      return `npm install -g ${name}`
    case 'image':
      return null
  }
}

/** One word of a command line, to be copied into a shell. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${showOwn(word, Number.POSITIVE_INFINITY).replaceAll("'", "'\\''")}'`
}

/** Says on stderr what is wrong with how a command was asked, and where its help is. The exit status: 2. */
export function refuseUsage(
  { name }: Pick<Command, 'name'>,
  message: string,
  io: Pick<Io, 'stderr' | 'program'>,
): number {
  io.stderr(`claimgate ${name}: ${message}\nSee \`${commandLine(io, name, '--help')}\`.\n`)
  return 2
}

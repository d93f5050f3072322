// Images and containers without a Docker engine and without a registry: buildah builds in a chroot on stand-ins for the
// images of Docker Hub that our Dockerfiles start from (Debian by mmdebstrap, with the Node of the tests), podman runs
// them with runc in the network of the machine. All of it is Debian's; it needs root.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { root } from './examples.ts'

export interface Containers {
  /** `docker build -t NAME -f DOCKERFILE FOLDER`. */
  build(name: string, folder: string): void
  /** `docker run --detach`: what the image's own ENTRYPOINT and CMD start, in the network of the machine. */
  run(name: string, image: string, args: readonly string[]): void
  /** What it has printed so far. */
  logs(name: string): string
  /** The configuration of an image: its user, its command. */
  inspect(image: string): Readonly<Record<string, unknown>>
  /** Asks it to end and says with which status it did. */
  stop(name: string): number
  /** Ends what runs and removes every image. */
  remove(): void
}

/** The base takes a minute to make and is kept with what npm installs: a new lockfile makes a new one. */
const cache = join(root, 'node_modules/.cache/claimgate-containers')

export function openContainers(): Containers {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-containers-'))
  const storage = [
    '--root',
    join(folder, 'storage'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    'overlay',
  ]
  const buildah = (...args: string[]): string => output('buildah', [...storage, ...args])
  const podman = (...args: string[]): string =>
    output('podman', [...storage, '--cgroup-manager', 'cgroupfs', '--runtime', 'runc', ...args])
  const running = new Set<string>()
  importBase(podman)
  return {
    build: (name, context) =>
      void buildah(
        'bud',
        '--isolation',
        'chroot',
        '--pull-never',
        '--format',
        'docker',
        '--layers=false',
        '-t',
        name,
        context,
      ),
    run: (name, image, args) => {
      running.add(name)
      // Without these limits runc asks for more than a container in a container may have.
      const limits = ['--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=1000:1000']
      podman(
        'run',
        '--detach',
        '--name',
        name,
        '--network',
        'host',
        '--no-healthcheck',
        ...limits,
        ...args,
        image,
      )
    },
    logs: (name) => podman('logs', name),
    inspect: (image) => JSON.parse(buildah('inspect', '--type', 'image', image)).Docker.config,
    stop: (name) => {
      podman('stop', '--time', '60', name)
      return Number(podman('inspect', name, '--format', '{{.State.ExitCode}}'))
    },
    remove: () => {
      for (const name of running) podman('rm', '--force', '--time', '10', name)
      // Podman mounts its storage on itself. What still holds it for a moment must not keep the folder here.
      spawnSync('umount', ['--lazy', join(folder, 'storage/overlay')])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The two images of Docker Hub that our Dockerfiles name. */
function importBase(podman: (...args: string[]) => string): void {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  const authorities = 'NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'
  const changes = [`ENV ${path}`, `ENV ${authorities}`, 'CMD ["bash"]'].flatMap((text) => ['--change', text])
  const image = 'docker.io/library/node:26-slim'
  podman('import', '--quiet', ...changes, baseArchive(), image)
  podman('tag', image, 'docker.io/library/debian:bookworm-slim')
}

function baseArchive(): string {
  const archive = join(cache, `base-${process.version}.tar`)
  if (existsSync(archive)) return archive
  mkdirSync(cache, { recursive: true })
  const place = mkdtempSync(join(tmpdir(), 'claimgate-base-'))
  const tree = join(place, 'tree')
  output('mmdebstrap', [
    '--quiet',
    '--variant=minbase',
    '--mode=root',
    '--include=libatomic1',
    'bookworm',
    tree,
    `deb ${mirror()} bookworm main`,
  ])
  cpSync(process.execPath, join(tree, 'usr/local/bin/node'))
  const modules = join(tree, 'usr/local/lib/node_modules')
  mkdirSync(modules, { recursive: true })
  const npm = realpathSync(output('sh', ['-c', 'command -v npm']).trim())
  cpSync(join(dirname(npm), '..'), join(modules, 'npm'), { recursive: true })
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(tree, 'usr/local/bin', name))
  // The machine may reach the registry through an authority of its own. Its file does for Debian's package of them.
  mkdirSync(join(tree, 'etc/ssl/certs'), { recursive: true })
  cpSync('/etc/ssl/certs/ca-certificates.crt', join(tree, 'etc/ssl/certs/ca-certificates.crt'))
  output('chroot', [tree, 'groupadd', '--gid', '1000', 'node'])
  output('chroot', [tree, 'useradd', '--uid', '1000', '--gid', 'node', '--create-home', 'node'])
  output('tar', ['-C', tree, '--numeric-owner', '-cf', join(place, 'base.tar'), '.'])
  output('mv', [join(place, 'base.tar'), `${archive}.new`])
  renameSync(`${archive}.new`, archive)
  rmSync(place, { recursive: true, force: true })
  return archive
}

/** Where this machine's own packages come from. */
function mirror(): string {
  const files = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']
  for (const file of files) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    const found = /^URIs: *(\S+)/m.exec(text)?.[1] ?? /^deb (?:\[[^\]]*\] )?(\S+)/m.exec(text)?.[1]
    if (found !== undefined) return found
  }
  throw new Error(`no source of packages is named in ${files.join(' or ')}: the test's base image needs one`)
}

/** What a program prints; what it says when it fails is in the error. */
function output(command: string, args: readonly string[]): string {
  // Without what tap hangs on every child: npm and what runs in a chroot know nothing of it.
  return execFileSync('/usr/bin/env', ['-u', 'NODE_OPTIONS', command, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
}

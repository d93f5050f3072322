import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A program that starts another with a file system of its own mounted at a folder: seen by that process alone, and
 * gone with it. Needs no privilege: `unshare` makes its user root of a namespace. `options` are mount's for tmpfs.
 */
export function withDisk(folder: string, options: string): readonly string[] {
  const namespaces = [['--mount'], ['--user', '--map-root-user', '--mount']].find(mayMount)
  if (namespaces === undefined)
    throw new Error('no namespace may be made here: the tests need unshare(1) to work')
  const script = 'mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@"'
  return ['unshare', ...namespaces, 'sh', '-c', script, 'sh', options, folder]
}

function mayMount(namespaces: readonly string[]): boolean {
  return spawnSync('unshare', [...namespaces, 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp']).status === 0
}

/** The folder as the process sees it. */
export function seenBy(pid: number, folder: string): string {
  return join(`/proc/${pid}/root`, folder)
}

/** Leaves not a byte free in a folder that is small; the result makes room again. */
export function fillUp(folder: string): () => void {
  for (let bytes = 1 << 20; bytes >= 1; bytes = bytes >> 1) {
    for (let full = false; !full; ) {
      const name = join(folder, `fill-${bytes}-${readdirSync(folder).length}`)
      try {
        writeFileSync(name, Buffer.alloc(bytes))
      } catch {
        rmSync(name, { force: true })
        full = true
      }
      // A page is what is given out at least: more small files would only use up names.
      if (bytes < 4096) break
    }
  }
  return () => {
    for (const name of readdirSync(folder)) if (name.startsWith('fill-')) rmSync(join(folder, name))
  }
}

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Random } from '../../src/core/session/seal.ts'
import type { Agreement } from '../../src/runtime/agreement.ts'
import { createEditions, type Editions } from '../../src/runtime/editions.ts'
import { openRuntime, type RuntimeDeps } from '../../src/runtime/open.ts'
import { createReloader, type Reloader, type ReloadTurns } from '../../src/runtime/reload.ts'
import { loadFile } from '../support/load.ts'

export interface Parts {
  readonly title?: string
  readonly top?: string
  readonly provider?: string
  readonly locations?: number
  readonly session?: string
}

export const session = '{ store: memory, secret: a-session-secret-of-thirty-two-bytes-or-more }'

export const yaml = (parts: Parts = {}): string => {
  const { title = 'Wiki', top = '', provider = '', locations = 0 } = parts
  return `
session: ${parts.session ?? session}
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: a-client-secret${provider} } }
apps:
  wiki:
    url: https://wiki.example
    upstream: http://10.9.9.9
    shared_secret: "\${file:shared-secret}"
    title: ${title}
    require: signed_in
    locations:
      - { path: /public, require: anyone }
${Array.from({ length: locations }, (_, index) => `      - { path: /p${index}, require: { groups: [g${index}] } }`).join('\n')}
${top}`
}

export interface Rig {
  readonly folder: string
  readonly file: string
  readonly editions: Editions
  readonly reloader: Reloader
  write(parts?: Parts): void
  title(): string | null | undefined
}

/** Half a millisecond passes whenever it is looked at: with each piece, so that twenty are a turn. */
export function countingClock(): NonNullable<RuntimeDeps['clock']> {
  let looks = 0
  return {
    now: () => 1_700_000_000,
    monotonicMs: () => {
      looks += 1
      return looks / 2
    },
  }
}

export function open(
  t: Test,
  options: {
    readonly turns?: ReloadTurns
    readonly whileStarting?: (file: string) => void
    readonly parts?: Parts
    readonly random?: Random
    readonly agreement?: Agreement
  } = {},
): Rig {
  const folder = t.testdir({ 'shared-secret': 'a-secret-of-thirty-two-bytes-and-more' })
  const file = join(folder, 'claimgate.yaml')
  writeFileSync(file, yaml(options.parts))
  const deps: RuntimeDeps = {
    env: {},
    onProviderEvent: () => {},
    onStoreFault: () => {},
    clock: countingClock(),
    ...(options.random === undefined ? {} : { random: options.random }),
  }
  const { gateway, source } = loadFile(file)
  options.whileStarting?.(file)
  const editions = createEditions(openRuntime(gateway, deps), (thrown) => t.fail(String(thrown)))
  t.teardown(() => editions.close())
  const { turns, agreement } = options
  const reloader = createReloader(source, editions, deps, { ...turns, agreement })
  return {
    folder,
    file,
    editions,
    reloader,
    write: (parts) => writeFileSync(file, yaml(parts)),
    title: () => editions.current().gateway.apps[0]?.title,
  }
}

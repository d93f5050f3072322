// What claimgate costs, beside bare Node, @fastify/http-proxy and Apache mod_auth_openidc, all in one run:
//   npm run bench [-- --json] [-- --quick]
// CPU time is what is measured, not throughput: it stays the same on a machine that is busy meanwhile. Needs wrk,
// apache2 and libapache2-mod-auth-openidc of Debian.
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { measureDecide } from './decide.ts'
import { measureReload } from './reload.ts'
import { measureRequests, type RequestCosts } from './requests.ts'
import { measureRules } from './rules.ts'
import { measureStartup } from './startup.ts'
import { measureTransfer } from './transfer.ts'

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
})

const needed = [
  ['/usr/bin/wrk', 'wrk'],
  ['/usr/sbin/apache2', 'apache2'],
  ['/usr/lib/apache2/modules/mod_auth_openidc.so', 'libapache2-mod-auth-openidc'],
] as const
const missing = needed.filter(([file]) => !existsSync(file)).map(([, name]) => name)

if (missing.length > 0) {
  console.error(`bench: not installed: apt-get install --no-install-recommends ${missing.join(' ')}`)
  process.exitCode = 2
} else if (options.quick) {
  print(await measureRequests(4, 1), {})
} else {
  const requests = await measureRequests(9, 3)
  const startup = await measureStartup(7)
  const decide = measureDecide(9)
  const rules = measureRules(3)
  const reload = await measureReload(3000, 5)
  const transfer = await measureTransfer(1024 * 1024 * 1024)
  print(requests, { startup, decide, rules, reload, transfer })
}

/** `ratios` and `cpuMicrosPerRequest` are what a program reads; the rest stands beside them. */
function print(requests: RequestCosts, more: Readonly<Record<string, object>>): void {
  if (options.json) {
    console.log(JSON.stringify({ ...requests, ...more }))
    return
  }
  const names = Object.entries(requests.cpuMicrosPerRequest)
  console.table(
    Object.fromEntries(
      names.map(([name, micros]) => [
        name,
        { 'CPU µs per request': micros, 'claimgate is': requests.ratios[`claimgate/${name}`] ?? 1 },
      ]),
    ),
  )
  for (const [name, values] of Object.entries(more)) console.log(name, values)
}

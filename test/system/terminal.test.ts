// What the gateway prints on a terminal, and what the same command prints elsewhere.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { newPlace } from '../support/process.ts'
import { runOnTerminal } from '../support/terminal.ts'

const program = fileURLToPath(new URL('../../bin/claimgate.js', import.meta.url))

const place = await newPlace()
t.teardown(() => place.remove())
place.write(`
providers: { op: { issuer: "http://localhost:9", client_id: x, client_secret: a-secret-of-a-client-of-a-provider } }
apps: { wiki: { url: "${place.url}", upstream: "http://127.0.0.1:9", require: signed_in } }
`)

/** Serves until a request was answered. */
function serve(to: string): string {
  const path = '/a%20b'
  return `'${process.execPath}' '${program}' serve -c '${place.file}' ${to} & pid=$!
until curl -sf '${place.url}/.auth/health' > /dev/null; do kill -0 $pid || exit 9; sleep 0.2; done
curl -s '${place.url}${path}' > /dev/null
kill -TERM $pid; wait $pid`
}

const colour = /\u001b\[\d+m/

t.test('on a terminal the log is readable lines, in colours', async (t) => {
  const { code, output } = await runOnTerminal(serve(''))
  t.equal(code, 0, output)
  t.match(output, /gateway\.started/)
  t.notMatch(output, '{"level"')
  t.match(output, colour)
  const bare = output.replace(/\u001b\[\d+m/g, '')
  t.match(bare, /^\d\d:\d\d:\d\d\.\d{3}Z info {2}gateway\.started {2}\S/m)
  t.match(bare, /^\d\d:\d\d:\d\d\.\d{3}Z \d{3} GET localhost:\d+\/a%20b {2}\w+ \S/m)
})

t.test('NO_COLOR takes the colours, and nothing else', async (t) => {
  const { output } = await runOnTerminal(serve(''), { env: { NO_COLOR: '1' } })
  t.match(output, /^\d\d:\d\d:\d\d\.\d{3}Z info {2}gateway\.started {2}\S/m)
  t.notMatch(output, /\u001b/)
})

t.test('into a file it is JSON, though the rest of the process is on a terminal', async (t) => {
  const { code, output: shown } = await runOnTerminal(serve(`> '${place.folder}/log.json'`))
  t.equal(code, 0, shown)
  const output = readFileSync(`${place.folder}/log.json`, 'utf8')
  t.match(output, /^\{"level":30,"time":"[^"]+","event":"gateway\.started"/m)
  t.notMatch(output, colour)
})

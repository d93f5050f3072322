// The log of the process, read by somebody who stalls.
import t from 'tap'
import { spawnProcess } from '../support/process.ts'
import { newStand } from '../support/process-front.ts'
import { rawClient } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'

const stand = await newStand()
const { place } = stand
t.teardown(() => stand.close())

/** An access line holds the path: as many requests fill what may wait for a reader, and the pipe before it. */
const requests = 2300
const target = `/.auth/${'x'.repeat(8000)}`

t.test('a log that nobody reads keeps neither answers nor the stop from coming', async (t) => {
  place.write(stand.yaml())
  const running = spawnProcess(['serve', '-c', place.file], { unread: true })
  t.teardown(() => running.signal('SIGKILL'))
  const ask = async (path: string) => {
    const signal = AbortSignal.timeout(60_000)
    const response = await fetch(place.adminUrl + path, { signal }).catch(() => null)
    return response === null ? null : { status: response.status, body: await response.text() }
  }
  await poll(
    'the gateway to live',
    () => ask('/livez'),
    (answer) => answer?.status === 200,
  )
  const one = `GET ${target} HTTP/1.1\r\nHost: localhost:${place.port}\r\n\r\n`
  for (let sent = 0; sent < requests; sent += 100) {
    const last = one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
    const client = await rawClient(place.port, one.repeat(99) + last)
    const answers = (await client.closed()).match(/HTTP\/1\.1 404 /g) ?? []
    if (answers.length !== 100) t.equal(answers.length, 100)
  }
  const { body } = (await ask('/metrics')) ?? {}
  t.match(body, /^claimgate_log_lines_dropped_total [1-9]\d*$/m)
  t.equal((await ask('/livez'))?.status, 200)
  running.signal('SIGTERM')
  t.same(await running.exited, { code: 0, signal: null })
})

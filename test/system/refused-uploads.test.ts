// Who sends a body hears why it is refused, whatever sends it. `npm run bench:uploads` is the same in full.
import t, { type Test } from 'tap'
import { startProcess } from '../support/process.ts'
import { newStand } from '../support/process-front.ts'
import { startReverseProxy } from '../support/reverse-proxy.ts'
import { type UploadClient, upload, uploadClients } from '../support/uploads.ts'

const MiB = 1024 * 1024
const stand = await newStand()
const { place } = stand
t.teardown(() => stand.close())
place.write(
  stand.yaml({
    app: `
    require: signed_in
    locations:
      - { path: /any-length, require: signed_in, max_body: none }
      - { path: /short, require: anyone, max_body: 64KiB }
`,
  }),
)
const running = await startProcess(place)
t.teardown(() => running.stop())
const nginx = await startReverseProxy('nginx', place.port)
t.teardown(() => nginx.stop())

const refusals = [
  ['/any-length', '401'],
  ['/short', '413'],
] as const

/** Eight at each of two sizes, all of which are told. */
async function allHear(t: Test, client: UploadClient, port: number): Promise<void> {
  const at = { client, host: `localhost:${place.port}`, port, count: 8, atOnce: 4 }
  for (const [path, status] of refusals) {
    for (const bytes of [MiB, 4 * MiB]) {
      const outcomes = await upload({ ...at, path, bytes })
      t.same(outcomes, { [status]: 8 }, `${client}, ${path}, ${bytes} bytes`)
    }
  }
}

t.test('of uploads that are refused none is lost, directly', async (t) => {
  for (const client of uploadClients) await allHear(t, client, place.port)
})

t.test('nor behind Debian’s nginx', async (t) => {
  for (const client of ['http.client', 'curl'] as const) await allHear(t, client, nginx.port)
})

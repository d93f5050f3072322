// When long connections are judged again that a token or a key opened.
import t, { type Test } from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import { createCredentialWatch, type WatchedCredential } from '../../src/runtime/credential-watch.ts'

function watching(t: Test, of: WatchedCredential) {
  let [nowMs, judged] = [0, 0]
  const clock = { now: () => 1000 + Math.floor(nowMs / 1000), monotonicMs: () => nowMs }
  const watch = createCredentialWatch(clock, (thrown) => t.fail(String(thrown)))
  const leave = watch.add(of, () => {
    judged += 1
  })
  t.teardown(leave)
  const after = (ms: number) => {
    nowMs += ms
    watch.tick()
    return judged
  }
  return { watch, leave, after, judged: () => judged }
}

t.test('a second after it began: what opened it may have been revoked while the app was asked', async (t) => {
  const { after, judged } = watching(t, { key: 'one', endsAt: null })
  t.equal(judged(), 0)
  t.equal(after(1000), 1)
})

t.test('as often as its provider is asked again, and no more often', async (t) => {
  const { after } = watching(t, { key: null, endsAt: null })
  after(1000)
  t.equal(after(limits.credentialRejudgedMs - 1), 1)
  t.equal(after(1), 2)
  t.equal(after(1), 2)
})

t.test('when it ends', async (t) => {
  const { after } = watching(t, { key: null, endsAt: 1010 })
  after(1000)
  t.equal(after(8000), 1)
  t.equal(after(1000), 2)
})

t.test('when its key is changed, or nobody knows which was, and not when another is', async (t) => {
  const one = watching(t, { key: 'one', endsAt: null })
  one.watch.changed(['two'])
  t.equal(one.judged(), 0)
  one.watch.changed(['two', 'one'])
  t.equal(one.judged(), 1)
  one.watch.changed(null)
  t.equal(one.judged(), 2)
  const token = watching(t, { key: null, endsAt: null })
  token.watch.changed(null)
  t.equal(token.judged(), 0, 'a token has no key')
})

t.test('not once it is taken back', async (t) => {
  const { watch, leave, after } = watching(t, { key: 'one', endsAt: 1000 })
  leave()
  watch.changed(null)
  t.equal(after(limits.credentialRejudgedMs), 0)
})

import t from 'tap'
import { widgetEndsAt } from '../../../src/core/keys/widget.ts'

t.test('a token of a widget lives for 15 minutes at most, whatever it says', async (t) => {
  t.equal(widgetEndsAt({ issuedAt: 1000, endsAt: 1300 }), 1300)
  t.equal(widgetEndsAt({ issuedAt: 1000, endsAt: 5000 }), 1900)
})

import Alerting
import Testing

struct EventIDTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `ids ascend whatever the clock does`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        var ids = EventIDs(seed: seed)
        var now = start
        var last = ids.last
        for round in 0..<3000 {
            let step = Int64.random(in: -100_000...100_000, using: &random)
            now = Instant(milliseconds: now.milliseconds + step)
            let next = ids.next(at: now)
            guard next > last, next.description > last.description, ids.last == next else {
                Issue.record("seed \(seed), round \(round): \(next) after \(last)")
                return
            }
            last = next
        }
    }

    @Test
    func `ids of a later run follow those of an earlier one, even with the clock behind`() {
        var earlier = EventIDs(seed: 1)
        let last = earlier.next(at: start)
        var later = EventIDs(after: last, seed: 2)
        #expect(later.next(at: start - .days(400)) > last)
        #expect(later.next(at: Instant(milliseconds: -1)) > last)
        #expect(later.next(at: start + .seconds(1)) > last)
    }

    @Test
    func `an id begins with the time, as a ULID does`() {
        var ids = EventIDs(seed: 1)
        // 1469918176385 is the example of https://github.com/ulid/spec
        let id = ids.next(at: Instant(milliseconds: 1_469_918_176_385))
        #expect(id.description.hasPrefix("01ARYZ6S41"))
        #expect(id.description.utf8.count == 26)
    }

    @Test(arguments: 1...2 as ClosedRange<UInt64>)
    func `the text of an id is read back`(seed: UInt64) {
        var random = SplitMix64(state: seed)
        for _ in 0..<1000 {
            let id = EventID(high: random.next(), low: random.next())
            guard EventID(id.description) == id else {
                Issue.record("seed \(seed): \(id)")
                return
            }
        }
        let greatest = EventID(high: .max, low: .max)
        #expect(greatest.description == "7ZZZZZZZZZZZZZZZZZZZZZZZZZ")
        #expect(EventID("7ZZZZZZZZZZZZZZZZZZZZZZZZZ") == greatest)
    }

    @Test(arguments: [
        "", "01ARYZ6S41", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01ARYZ6S41TSV4RRFFQ69G5FA",
        "01ARYZ6S41TSV4RRFFQ69G5FAVV", "01aryz6s41tsv4rrffq69g5fav", "01ARYZ6S41TSV4RRFFQ69G5FAU",
        "01ARYZ6S41TSV4RRFFQ69G5FA ", "０1ARYZ6S41TSV4RRFFQ69G5FAV",
    ])
    func `any other text is no id`(text: String) {
        #expect(EventID(text) == nil)
    }
}

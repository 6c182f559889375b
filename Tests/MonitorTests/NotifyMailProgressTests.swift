import Alerting
import Testing

@testable import Monitor

@Suite struct NotifyMailProgressTests {
    private let progress = MailProgress()
    private let all = ["a@x.org", "b@x.org", "c@x.org"]

    private func id(_ number: UInt64) -> EventID { EventID(high: number, low: 0) }

    @Test func `a repeat goes to those whom the mail has not reached`() {
        #expect(progress.missing([id(1)], of: all) == all)
        #expect(progress.note([id(1)], reached: ["a@x.org", "c@x.org"]) == 1)
        #expect(progress.missing([id(1)], of: all) == ["b@x.org"])
        #expect(progress.note([id(1)], reached: []) == 2)
        progress.forget([id(1)])
        #expect(progress.missing([id(1)], of: all) == all)
    }

    @Test func `a digest goes to all whom one of its events has not reached`() {
        _ = progress.note([id(1), id(2)], reached: ["a@x.org"])
        #expect(progress.missing([id(1), id(2)], of: all) == ["b@x.org", "c@x.org"])
        #expect(progress.missing([id(1), id(3)], of: all) == all)
        #expect(progress.note([id(2), id(3)], reached: ["b@x.org"]) == 2)
    }

    @Test func `it is bounded`() {
        for number in 1...3000 { _ = progress.note([id(UInt64(number))], reached: ["a@x.org"]) }
        #expect(progress.missing([id(1)], of: all) == all)
        #expect(progress.missing([id(3000)], of: all) == ["b@x.org", "c@x.org"])
    }
}

import Testing

@testable import Alerting

struct EventSizeTests {
    private func event(_ texts: [String]) -> String {
        Event(
            id: EventID(high: 1, low: 1),
            at: Instant(seconds: 1_795_262_400),
            subject: .daemon,
            kind: .change(.permissionsChanged),
            phase: .changed,
            severity: .warning,
            summary: "s",
            details: [Detail("added", .texts(texts)), Detail("removed", .texts([]))]
        ).json(instance: "x")
    }

    @Test func `a list is cut where it fills 64 KiB, and the rest is counted`() {
        // Each takes 64 bytes with its quotation marks and a comma.
        let texts = (0..<2000).map { "\($0 + 10_000)" + String(repeating: "p", count: 56) }
        let whole = event(Array(texts.prefix(1024)))
        #expect(!whole.contains("omitted"))
        #expect(whole.contains(texts[1023]))
        let cut = event(texts)
        #expect(cut.contains(texts[1023]) && !cut.contains(texts[1024]))
        #expect(cut.contains("],\"added_omitted\":976,\"removed\":[]"))
        #expect(cut.utf8.count < 67_000)
    }

    @Test func `one text that is larger than the bound is counted too`() {
        let cut = event([String(repeating: "p", count: 100_000)])
        #expect(cut.contains("\"added\":[],\"added_omitted\":1"))
    }
}

import Alerting
import EngineLives
import Glibc
import Testing

/// Engines through years of outages, clocks that step, flapping tokens, reloads, full disks and crashes.
struct YearsTests {
    /// `make years` lets more of them pass.
    private static let years = getenv("TOKENWATCH_YEARS").flatMap { Int(String(cString: $0)) } ?? 3

    @Test func `in years of bad luck no alert is lost, doubled or without evidence`() {
        var events = 0
        for year in 1...UInt64(Self.years) {
            var life = EngineLife(luck: Luck(seed: year))
            let end = life.moment + .days(365)
            while life.moment < end, !life.hasEnded { life.step() }
            life.calmDown()
            if let fault = life.fault {
                Issue.record("seed \(year), after \(life.polls) polls: \(fault)")
            }
            events += life.eventCount
        }
        // Otherwise nothing would have happened in them.
        #expect(events > 300 * Self.years)
    }

    @Test func `short lives that end anywhere leave nothing behind`() {
        for seed in 1...UInt64(Self.years * 20) {
            var luck = Luck(seed: seed)
            let bytes = (0..<400).map { _ in UInt8(luck.pick(256)) }
            var life = EngineLife(luck: Luck(bytes: bytes))
            while !life.hasEnded { life.step() }
            life.calmDown()
            if let fault = life.fault { Issue.record("seed \(seed): \(fault)") }
        }
    }
}

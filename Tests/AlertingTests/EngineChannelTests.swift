import Testing

@testable import Alerting

/// Channels that a configuration brings, as the engine notifies them.
struct EngineChannelTests {
    private let digest = SecretDigest(high: 7, low: 7)

    @Test func `a start continues with the channels that were not notified of everything`() {
        var run = EngineUnderTest(0)
        let stored = [
            "done": ChannelMark(address: digest, introduction: .done),
            "begun": ChannelMark(address: digest, introduction: .reached(nil)),
        ]
        let untold = run.engine.takeChannels(
            ["done", "begun"],
            addresses: ["done": digest, "begun": digest],
            stored: stored
        )
        #expect(untold == ["begun": ChannelMark(address: digest, introduction: .reached(nil))])
        #expect(run.engine.channelMarks == stored)
    }

    @Test func `a new channel is notified of the daemon's alerts before those of tokens`() {
        var run = EngineUnderTest(2)
        run.turn()
        let finding = Finding(.configRejected, .warning, "line 3 is wrong")
        run.engine.judge(.daemon, [.configRejected], [finding], at: run.now) { _ in "" }
        let expired = Facts(expiry: .at(run.right - .days(1)))
        run.answer(0, expired, secret: digest)
        _ = run.engine.takeEvents()
        // The log leads elsewhere now: it was notified at another address.
        run.configure(2, addresses: ["log": digest])
        run.turn()
        let events = run.engine.takeEvents().filter { $0.phase == .reminded }
        #expect(events.map(\.kind.name) == ["config_rejected", "expired"])
        #expect(events.map(\.channels) == [["log"], ["log"]])
        #expect(!run.engine.isIntroducing)
    }
}

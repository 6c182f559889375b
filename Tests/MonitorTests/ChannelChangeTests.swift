import Alerting
import Testing

@testable import Monitor

/// The changes of channels in the result of a reload.
struct ChannelChangeTests {
    private func settings(_ text: String) throws -> [ChannelSettings] {
        try configuration(someToken + text).channels
    }

    private func setups(_ settings: [ChannelSettings], revision: UInt64 = 1) -> [ChannelSetup] {
        settings.map { settings in
            ChannelSetup(
                channel: UnusableChannel(name: settings.name, problem: ""),
                revision: revision
            )
        }
    }

    private static let webhook = "channels.ops = { type = \"webhook\", url = \"https://a.example/\""

    @Test func `channels that come, go and change are told apart`() throws {
        let old = try settings(
            "channels.log.type = \"syslog\"\nchannels.old.type = \"journal\"\n\(Self.webhook) }\n"
        )
        let new = try settings(
            "channels.new.type = \"journal\"\n\(Self.webhook), format = \"slack\" }\n"
                + "channels.log.type = \"syslog\"\n"
        )
        let change = ChannelChange(from: old, setups(old), to: new, setups(new))
        #expect(change.added == ["new"])
        #expect(change.removed == ["old"])
        #expect(change.changed == ["ops"])
    }

    @Test(arguments: [
        "min_severity = \"info\"", "give_up_after = \"1h\"", "headers = { A = \"b\" }",
    ])
    func `any setting counts`(key: String) throws {
        let old = try settings("\(Self.webhook) }")
        let new = try settings("\(Self.webhook), \(key) }")
        #expect(ChannelChange(from: old, setups(old), to: new, setups(new)).changed == ["ops"])
    }

    @Test func `a secret that differs counts, and another line does not`() throws {
        let old = try settings("\(Self.webhook) }")
        let moved = try settings("\n\n\(Self.webhook) }")
        let before = setups(old)
        #expect(ChannelChange(from: old, before, to: moved, setups(moved)) == ChannelChange())
        let other = setups(old, revision: 2)
        #expect(ChannelChange(from: old, before, to: old, other).changed == ["ops"])
    }
}

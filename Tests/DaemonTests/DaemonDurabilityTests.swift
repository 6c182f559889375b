import Formats
import Glibc
import Monitor
import Sandbox
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DaemonDurabilityTests {
    @Test func `what was answered with 200 outlasts a kill in the same moment`() async throws {
        let ending = Settings.Token(id: "a", play: "expires = \"+1d\"")
        try await withDaemon(Settings(ending)) { daemon in
            _ = try await daemon.told("raised", "expiring")
            for round in 1...4 {
                let isAck = round % 2 == 1
                let answer = try await daemon.ask(
                    isAck ? "POST" : "DELETE",
                    "/v1/tokens/a/ack",
                    body: isAck ? "{\"reason\":\"round \(round)\",\"by\":\"ann\"}" : ""
                )
                try await daemon.end(SIGKILL)
                #expect(answer.status == 200, "\(answer.text)")
                try await daemon.start()
                let alert = try #require(try await daemon.token()["alerts"]?[0])
                let reason = alert["acknowledged"]?["reason"]?.string
                #expect(reason == (isAck ? "round \(round)" : nil), "round \(round)")
            }
        }
    }
}

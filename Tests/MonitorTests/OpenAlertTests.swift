import Alerting
import Foundation
import Testing

@testable import HTTP
@testable import Monitor
@testable import System

@Suite(.timeLimit(.minutes(1)))
struct OpenAlertTests {
    private let now = Instant(seconds: 1_795_262_400)

    private func watch() throws -> Watch {
        let executor = QueueExecutor(label: "open-alerts-test")
        let now = now
        return Watch(
            executor: executor,
            ports: WatchPorts(
                clock: { Now(instant: now, moment: Moment(milliseconds: 0)) },
                client: try HTTPClient(settings: HTTPClientSettings(), executor: executor),
                secrets: SecretReader(environment: [:]),
                digestKey: Array(repeating: 1, count: 32)
            ),
            polling: PollingSettings(),
            ids: EventIDs(seed: 1),
            seed: 1
        )
    }

    /// Tokens of which some have expired, and a channel for each kind of alert.
    private func configuration(
        _ numbers: some Sequence<Int>,
        isExpired: (Int) -> Bool
    ) throws -> Configuration {
        var text = """
            [channels.am]
            type = "webhook"
            url = "http://127.0.0.1:1"
            format = "alertmanager"
            [channels.other]
            type = "webhook"
            url = "http://127.0.0.1:1"

            """
        for number in numbers {
            text += "[tokens.t\(10_000 + number)]\nsecret_file = \"/nowhere\"\n"
            if isExpired(number) {
                text +=
                    "expires = \"2020-01-31\"\nchannels = [\"\(number % 2 == 0 ? "am" : "other")\"]\n"
            }
        }
        return try MonitorTests.configuration(text)
    }

    private func ids(_ alerts: [OpenAlert]) -> [Int] {
        alerts.compactMap { alert in
            guard case .token(let card) = alert.subject else { return nil }
            return Int(card.id.text.dropFirst()).map { $0 - 10_000 }
        }
    }

    @Test func `of many tokens each alert that the channel was told of comes once`() async throws {
        let watch = try watch()
        // One page of tokens and a bit more, with more alerts than fit in one turn.
        let isExpired = { (number: Int) in number % 3 == 0 || number >= 4090 }
        _ = await watch.configure(try configuration(0..<4100, isExpired: isExpired))
        await watch.takesOver()
        let alerts = await watch.openAlerts(toldTo: "am")
        #expect(ids(alerts) == (0..<4100).filter { isExpired($0) && $0 % 2 == 0 })
        #expect(alerts.allSatisfy { $0.condition == .expired && $0.severity == .critical })
        let others = await watch.openAlerts(toldTo: "other")
        #expect(ids(others) == (0..<4100).filter { isExpired($0) && $0 % 2 == 1 })
        #expect(await watch.openAlerts(toldTo: "third").isEmpty)
    }

    @Test func `it says what holds as of now, and what the token is`() async throws {
        let watch = try watch()
        _ = await watch.configure(try configuration(0..<1) { _ in true })
        let alert = try #require(await watch.openAlerts(toldTo: "am").first)
        #expect(alert.summary.hasPrefix("t10000 expired 2020-01-31"), "\(alert.summary)")
        #expect(alert.details.map(\.key) == ["expires_at"])
        #expect(alert.since == now)
        let state = try #require(await watch.snapshot(of: token("t10000"))?.state)
        #expect(alert.alertID == state.alert(.expired)?.id)
        guard case .token(let card) = alert.subject else {
            Issue.record("\(alert.subject)")
            return
        }
        #expect(card.provider == "vps.org")
    }

    @Test func `a reload between two turns neither repeats nor passes over a token that stays`()
        async throws
    {
        let watch = try watch()
        _ = await watch.configure(try configuration(0..<300) { _ in true })
        await watch.takesOver()
        // Its bound of alerts ends the first turn within the tokens.
        let first = await watch.openAlerts(after: nil)
        #expect(ids(first.alerts) == (0..<300).filter { $0 % 2 == 0 })
        let many = try configuration(0..<1100) { _ in true }
        _ = await watch.configure(many)
        await watch.takesOver()
        let page = await watch.openAlerts(after: nil)
        #expect(page.alerts.count == 256)
        let last = try #require(page.last)
        // Those in front are gone, and the one where the page ended.
        let end = try #require(ids(page.alerts).last)
        let rest = try configuration((100..<1100).filter { $0 != end }) { _ in true }
        _ = await watch.configure(rest)
        await watch.takesOver()
        let second = await watch.openAlerts(after: last)
        #expect(ids(second.alerts).first == end + 2)
        #expect(second.last != nil)
        let third = await watch.openAlerts(after: second.last)
        #expect(
            ids(page.alerts + second.alerts + third.alerts)
                == (0..<1100).filter { $0 % 2 == 0 }
        )
        #expect(third.last == nil)
    }

    @Test func `alerts of hosts and the daemon are among them`() async throws {
        let watch = try watch()
        _ = await watch.configure(try configuration(0..<1) { _ in false })
        let finding = Finding(.configRejected, .warning, "tokenwatchd: refused")
        await watch.decide {
            $0.judge(.daemon, [.configRejected], [finding], at: $1) { _ in "" }
        }
        let alerts = await watch.openAlerts(toldTo: "am")
        #expect(alerts.map(\.condition) == [.configRejected])
        #expect(alerts.first?.subject == .daemon)
        #expect(alerts.first?.summary == "tokenwatchd: refused")
    }
}

extension Watch {
    /// A page of those that `am` was notified of.
    fileprivate func openAlerts(after last: TokenID?) -> (alerts: [OpenAlert], last: TokenID?) {
        read { $0.openAlertsOfTokens(toldTo: "am", after: last, at: $1) }
    }
}

import Alerting
import Formats
import Foundation
import HTTP
import Monitor
import Sandbox
import System
import Testing

/// The daemon with a real Alertmanager.
@Suite(.timeLimit(.minutes(2)))
struct DaemonAlertmanagerTests {
    private func settings(_ manager: Alertmanager, _ tokens: Settings.Token...) -> Settings {
        var settings = Settings()
        settings.tokens = tokens
        settings.channels = """
            [channels.am]
            type = "webhook"
            url = "http://127.0.0.1:\(manager.port)"
            format = "alertmanager"

            """
        return settings
    }

    // Programs written in Go read the kernel's clock past any library.
    @Test(.enabled(if: !ShiftedClock.isOn, "Alertmanager cannot have the shifted clock"))
    func `an alert appears, is kept over whatever Alertmanager forgets, and is resolved`()
        async throws
    {
        let manager = try Alertmanager()
        let ending = Settings.Token(id: "a", config: "owner = \"me\"", play: "expires = \"+1d\"")
        try await withDaemon(settings(manager, ending), starts: false) { daemon in
            try await manager.start(beside: daemon)
            let before = SystemClock.now().instant
            try await daemon.start()
            let raised = try await manager.alerts { $0.count == 1 }[0]
            #expect(
                raised.labels
                    == [
                        "alertname": "TokenExpiring", "severity": "critical", "token": "a",
                        "provider": "vps.org", "host": nil, "instance": "test-1", "owner": "me",
                    ]
                    .compactMapValues { $0 }
            )
            #expect(raised.annotations["summary"]?.hasPrefix("a expires 20") == true)
            #expect(raised.annotations["details"]?.contains("stage: 1d") == true)
            let since = try await daemon.token()["alerts"]?[0]?["since"]?.string
            #expect(raised.startsAt.rfc3339 == since)
            // Times are told to the second.
            #expect(raised.endsAt >= before + .minutes(15) - .seconds(1))

            // Repeated, its end moves on, a second at least; so it is at each reload, as it is every
            // four minutes.
            var kept = [raised]
            while kept.first?.endsAt == raised.endsAt {
                #expect(try await daemon.command("reload").status == 0)
                kept = try await manager.alerts { _ in true }
            }
            #expect(kept.map(\.labels) == [raised.labels])
            #expect(kept[0].endsAt > raised.endsAt && kept[0].startsAt == raised.startsAt)

            // One that remembers nothing is told again, though no event says anything new.
            try await manager.restartEmpty(beside: daemon)
            #expect(try await manager.alerts { _ in true }.isEmpty)
            #expect(try await daemon.command("reload").status == 0)
            #expect(try await manager.alerts { $0.count == 1 }[0].startsAt == raised.startsAt)
            #expect(try await daemon.end() == 0)
            try await manager.restartEmpty(beside: daemon)
            try await daemon.start()
            let again = try await manager.alerts { $0.count == 1 }[0]
            #expect(again.startsAt == raised.startsAt && again.labels == raised.labels)
            #expect(try await daemon.events().filter { $0.type == "expiring" }.count == 1)

            try daemon.sandbox.edit("a", json: "{\"expires\": \"+90d\"}")
            try await daemon.pollNow()
            try await manager.alerts { $0.isEmpty }
            try await daemon.untilWaiting(0)
            #expect(try await daemon.overview()["deliveries"]?["given_up"]?.integer == 0)
        }
    }

    @Test func `failing channels and changes are an alert each, and lead to the page`() async throws
    {
        let manager = try Alertmanager()
        let token = Settings.Token(id: "a", play: "permissions = [\"dns:list\"]")
        var settings = settings(manager, token)
        settings.daemon = "listen = \"127.0.0.1:\(try Alertmanager.freePort())\""
        settings.polling = Settings.busy
        for name in ["one", "two"] {
            settings.channels?.append(
                "[channels.\(name)]\ntype = \"command\"\nargv = [\"/bin/sh\", \"-c\", \"exit 65\"]\n"
            )
        }
        try await withDaemon(settings, starts: false) { daemon in
            try await manager.start(beside: daemon)
            try await daemon.start()
            try await daemon.untilSeen()
            for permission in ["dns:*", "dns:read", "servers:list"] {
                try daemon.sandbox.edit("a", json: "{\"permissions\": [\"\(permission)\"]}")
                try await daemon.token { $0["permissions"]?[0]?.string == permission }
            }
            func named(_ name: String, _ shown: [Alertmanager.Shown]) -> [Alertmanager.Shown] {
                shown.filter { $0.labels["alertname"] == name }
            }
            let shown = try await manager.alerts {
                named("TokenPermissionsChanged", $0).count == 3
                    && named("TokenChannelFailing", $0).count == 2
            }
            let channels = named("TokenChannelFailing", shown).map { $0.labels["channel"] }
            #expect(Set(channels) == ["one", "two"])
            let changes = named("TokenPermissionsChanged", shown)
            #expect(Set(changes.map { $0.labels["event"] }).count == 3)
            for change in changes {
                #expect(change.endsAt <= SystemClock.now().instant + .minutes(15))
            }
            let page = settings.daemon.replacing("listen = \"", with: "http://").dropLast() + "/"
            #expect(Set(shown.map(\.generatorURL)) == [String(page)])
        }
    }

    @Test func `an Alertmanager that comes late has what was raised, and not what is over`()
        async throws
    {
        let manager = try Alertmanager()
        let tokens = ["a", "b"].map { Settings.Token(id: $0, play: "expires = \"+1d\"") }
        try await withDaemon(settings(manager, tokens[0], tokens[1]), starts: false) { daemon in
            try await daemon.start()
            for id in ["a", "b"] { try await daemon.token(id) { $0["alerts"]?[0] != nil } }
            try daemon.sandbox.edit("b", json: "{\"expires\": \"+90d\"}")
            try await daemon.pollNow("b")
            try await daemon.token("b") { $0["alerts"]?.elements?.isEmpty == true }
            try await manager.start(beside: daemon)
            #expect(try await daemon.command("reload").status == 0)
            let alerts = try await manager.alerts { !$0.isEmpty }
            #expect(alerts.map { $0.labels["token"] } == ["a"])
        }
    }
}

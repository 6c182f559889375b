import Alerting
import Foundation
import Glibc
import Monitor
import Sandbox
import System

/// The world around a daemon in a soak: its tokens, provider, receiver and files.
actor SoakProvider {
    /// What happens at one moment.
    private enum Deed: Sendable {
        case hold, expire, belong, rename, revoke, accept
        case fail, recover, outage, serve
        case rotate, lose, find, borrow
        case refuse, take
        case misconfigure, repair
        case poll
    }

    /// So many that what all of them meet is their host's trouble.
    static let ids = ["a", "b", "c", "d", "e", "f"]

    /// The settings of every daemon: tokens that have many ways to be wrong, and little patience.
    static var settings: Settings {
        var settings = Settings(polling: "interval = \"1s\"\ntimeout = \"1s\"")
        settings.policy = """
            require = ["dns:list"]
            allow = ["dns:*"]
            must_expire = true
            remind = "3s"
            unreachable_after = "1s"
            unreachable_critical_after = "3s"
            """
        settings.daemon = "log_level = \"debug\""
        settings.webhook = "headers = { X-Repair = \"0\" }"
        settings.tokens = ids.map { id in
            Settings.Token(
                id: id,
                config: "account = \"john@example.com\"" + (id == "c" ? "\ncanary = true" : ""),
                play: "permissions = [\"dns:list\"]\nexpires = \"2099-01-01T00:00:00Z\""
                    + (id == "c" ? "\nstamps_use = \"after\"" : "")
            )
        }
        return settings
    }

    /// What the provider says of each token.
    private(set) var facts: [String: SoakFacts] = [:]
    /// Every secret there ever was.
    private(set) var planted = ["h00k-path-s3cret", "signing-key-s3cret-signing-key"]
    /// What happened so far, one line a deed.
    private(set) var journal: [String] = []
    private let daemon: DaemonUnderTest
    private let configuration: String
    private var secrets: [String: String] = [:]
    private var random: SplitMix64
    private var count = 0

    init(_ daemon: DaemonUnderTest, seed: UInt64) throws {
        self.daemon = daemon
        random = SplitMix64(state: seed)
        configuration = try String(contentsOfFile: daemon.configuration, encoding: .utf8)
        planted.append(DaemonUnderTest.signingKey)
        for id in Self.ids {
            secrets[id] = DaemonUnderTest.secret(id)
            planted.append(DaemonUnderTest.secret(id))
            facts[id] = SoakFacts(
                permissions: ["dns:list"],
                expiry: "2099-01-01T00:00:00Z",
                account: "john@example.com",
                name: id
            )
        }
    }

    func note(_ line: String) { journal.append("\(SystemClock.now().instant.rfc3339) \(line)") }

    /// Lets things happen, some milliseconds apart, until it is cancelled.
    func live() async throws {
        while true {
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...60, using: &random)))
            try await happen()
        }
    }

    /// Lets one thing happen.
    func happen() async throws {
        let deeds: [Deed] = [
            .hold, .hold, .hold, .expire, .expire, .belong, .rename, .rename, .revoke, .accept,
            .accept, .fail, .fail, .recover, .recover, .recover, .outage, .serve, .serve, .rotate,
            .lose, .find, .find, .borrow, .refuse, .take, .misconfigure, .repair, .repair, .poll,
            .poll, .poll,
        ]
        let id = Self.ids[Int.random(in: 0..<Self.ids.count, using: &random)]
        let deed = deeds[Int.random(in: 0..<deeds.count, using: &random)]
        try await perform(deed, id)
    }

    private func perform(_ deed: Deed, _ id: String) async throws {
        switch deed {
        case .hold, .expire, .belong, .rename: try change(deed, id)
        case .revoke: try edit(id, #"{"revoked": true}"#)
        case .accept: try edit(id, #"{"revoked": false}"#)
        case .fail: try edit(id, "{\"fault\": \(one(of: SoakChances.faults))}")
        case .recover: try edit(id, #"{"fault": "none"}"#)
        case .outage:
            var fault = Fault()
            fault.status = one(of: [500, 502, 503])
            fault.latency = .milliseconds(one(of: [0, 0, 100, 2000]))
            serve(fault)
        case .serve: serve(nil)
        case .rotate, .lose, .find, .borrow: try handle(deed, id)
        case .refuse: receive(one(of: SoakChances.refusals))
        case .take: receive(nil)
        case .misconfigure:
            // One that is about to start would rightly refuse to.
            guard (try? await daemon.ask("GET", "/v1/status")) != nil else { return }
            note("misconfigure")
            try daemon.write("[daemon\n", to: daemon.configuration)
            _ = try? await daemon.ask("POST", "/v1/reload")
            try repairFile()
        case .repair:
            try repairFile()
            _ = try? await daemon.ask("POST", "/v1/reload")
        case .poll: _ = try? await daemon.ask("POST", "/v1/poll")
        }
    }

    // MARK: - Tokens

    /// Changes what the provider says of a token.
    private func change(_ deed: Deed, _ id: String) throws {
        switch deed {
        case .hold: facts[id]?.permissions = one(of: SoakChances.held)
        case .expire:
            let now = Instant(seconds: daemon.sandbox.now.seconds)
            let far: [Duration] = [.days(90), .days(365)]
            let near: [Duration] = [.days(20), .days(10), .days(2), .hours(2), .seconds(2)]
            let left = one(of: far + near)
            facts[id]?.expiry = one(of: 0..<6) == 0 ? "never" : (now + left).rfc3339
        case .belong: facts[id]?.account = one(of: ["john@example.com", "eve@example.com"])
        default:
            count += 1
            facts[id]?.name = "\(id)-\(count)"
        }
        try publish(id)
    }

    private func publish(_ id: String) throws {
        guard let facts = facts[id] else { return }
        let held = facts.permissions.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        try edit(
            id,
            """
            {"permissions": [\(held)], "expires": "\(facts.expiry)", \
            "account": "\(facts.account)", "name": "\(facts.name)"}
            """
        )
    }

    /// What befalls the file of a secret.
    private func handle(_ deed: Deed, _ id: String) throws {
        let file = daemon.secretFile(id)
        note("\(deed) \(id)")
        switch deed {
        case .rotate:
            count += 1
            let secret = "s3cret-\(id)-\(count)"
            planted.append(secret)
            secrets[id] = secret
            try daemon.sandbox.edit(id, json: "{\"secret\": \"\(secret)\"}")
            try daemon.write(secret + "\n", to: file)
        case .lose:
            if one(of: [true, false]) { unlink(file) } else { chmod(file, 0o644) }
        case .borrow: try daemon.write((secrets["a"] ?? "") + "\n", to: file)
        default: try daemon.write((secrets[id] ?? "") + "\n", to: file)
        }
    }

    private func edit(_ id: String, _ json: String) throws {
        note("\(id) \(json)")
        try daemon.sandbox.edit(id, json: json)
    }

    // MARK: - Others

    private func serve(_ fault: Fault?) {
        note("the API: \(fault.map { "\($0)" } ?? "sound")")
        var edit = APIEdit()
        edit.fault = .some(fault)
        daemon.sandbox.edit(edit)
    }

    private func receive(_ fault: Fault?) {
        note("the receiver: \(fault.map { "\($0)" } ?? "sound")")
        daemon.sandbox.setHook(DaemonUnderTest.hook, fault: fault)
    }

    /// Writes a sound configuration that sends another header: with a reload the webhook begins
    /// anew, and what it waits for is due.
    func repairFile() throws {
        count += 1
        note("configuration \(count)")
        let text = configuration.replacingOccurrences(
            of: "X-Repair = \"0\"",
            with: "X-Repair = \"\(count)\""
        )
        try daemon.write(text, to: daemon.configuration)
    }

    private func one<Values: RandomAccessCollection>(of values: Values) -> Values.Element
    where Values.Index == Int {
        values[Int.random(in: values.startIndex..<values.endIndex, using: &random)]
    }

    // MARK: - The end

    /// Ends every fault; what tokens are stays, under the name `end-ID`.
    func mend() throws {
        serve(nil)
        receive(nil)
        for id in Self.ids {
            try handle(.find, id)
            try edit(id, #"{"fault": "none", "revoked": false}"#)
            // One that expires meanwhile would be refused.
            let isNear = facts[id].flatMap { Instant(text: $0.expiry) }
                .map { $0 - daemon.sandbox.now < .hours(1) }
            if isNear == true { facts[id]?.expiry = "never" }
            facts[id]?.name = "end-\(id)"
            try publish(id)
        }
    }

    /// Lets nothing be known of a token, or ends that.
    func silence(_ id: String, _ isSilent: Bool) throws {
        try edit(id, isSilent ? #"{"fault": {"status": 500}}"# : #"{"fault": "none"}"#)
    }

    /// Makes every token sound, under the name `sound-ID`.
    func cure() throws {
        for id in Self.ids {
            facts[id] = SoakFacts(
                permissions: ["dns:*"],
                expiry: "2098-01-01T00:00:00Z",
                account: "john@example.com",
                name: "sound-\(id)"
            )
            try publish(id)
        }
    }

    /// The alerts that what the provider says of a token implies.
    func expectedAlerts(_ id: String) -> Set<String> {
        guard let facts = facts[id] else { return [] }
        var alerts: Set<String> = []
        if facts.permissions.isDisjoint(with: ["dns:list", "dns:*"]) {
            alerts.insert("permissions_missing")
        }
        if facts.permissions.contains(where: { !$0.hasPrefix("dns:") }) {
            alerts.insert("permissions_excess")
        }
        if facts.account != "john@example.com" { alerts.insert("account_mismatch") }
        if facts.expiry == "never" {
            alerts.insert("no_expiry")
        } else if let expiry = Instant(text: facts.expiry),
            expiry - daemon.sandbox.now <= .days(30)
        {
            alerts.insert("expiring")
        }
        return alerts
    }
}

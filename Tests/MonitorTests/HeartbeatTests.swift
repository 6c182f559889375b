import Alerting
import Foundation
import Synchronization
import Testing

@testable import Monitor

private let planted = "T0PS3CRET"

/// A heartbeat that runs through a script of reasons and answers, with no time passing.
private final class Bench: HTTPTransport, Sendable {
    struct Step {
        var reasons: [String] = []
        var result = HTTPPostResult.answer(status: 200, retryAfter: nil)
    }

    private struct State {
        var steps: [Step]
        var pauses: [Duration] = []
        var pinged: [Int] = []
        var lines: [String] = []
        var results: [Bool] = []
        var turn = -1
    }

    private let state: Mutex<State>

    init(_ steps: [Step]) {
        state = Mutex(State(steps: steps))
    }

    var pauses: [Duration] { state.withLock { $0.pauses } }
    /// The turns in which there was a ping.
    var pinged: [Int] { state.withLock { $0.pinged } }
    var lines: [String] { state.withLock { $0.lines } }
    /// Of each ping whether it arrived.
    var results: [Bool] { state.withLock { $0.results } }

    func send(
        _ method: String,
        url: String,
        headers: [(name: String, value: String)],
        body: [UInt8]?,
        timeout: Duration
    ) async -> HTTPPostResult {
        state.withLock { state in
            state.pinged.append(state.turn)
            return state.steps[state.turn].result
        }
    }

    func run(every: Duration) async throws {
        let url = try Secret(validating: "https://hc.example.com/\(planted)".utf8)
        let heartbeat = try Heartbeat(
            settings: HeartbeatSettings(url: url, every: every),
            transport: self,
            sleep: { pause in
                let isOver = self.state.withLock { state in
                    state.turn += 1
                    if state.turn < state.steps.count { state.pauses.append(pause) }
                    return state.turn >= state.steps.count
                }
                if isOver { throw CancellationError() }
            },
            healthy: { self.state.withLock { $0.steps[$0.turn].reasons } }
        )
        #expect(!"\(heartbeat) \(String(reflecting: heartbeat))".contains(planted))
        await heartbeat.run { line, isProblem in
            self.state.withLock { $0.lines.append((isProblem ? "! " : "") + line) }
        } pinged: { error in
            self.state.withLock { $0.results.append(error == nil) }
        }
    }
}

struct HeartbeatTests {
    @Test func `it pings at its pace while all is well, and says nothing`() async throws {
        let bench = Bench([.init(), .init(), .init()])
        try await bench.run(every: .minutes(5))
        #expect(bench.pinged == [0, 1, 2])
        #expect(bench.pauses == [.seconds(10), .minutes(5), .minutes(5)])
        #expect(bench.lines.isEmpty)
    }

    @Test func `it is silent while something is wrong, and says so once`() async throws {
        let bench = Bench([
            .init(), .init(reasons: ["the store fails"]),
            .init(reasons: ["the store fails", "no poll finished"]), .init(), .init(),
        ])
        try await bench.run(every: .minutes(5))
        #expect(bench.pinged == [0, 3, 4])
        #expect(
            bench.lines == [
                "! the heartbeat stops: the store fails", "the heartbeat resumed",
            ]
        )
        #expect(
            bench.pauses == [.seconds(10), .minutes(5), .minutes(1), .minutes(1), .minutes(5)]
        )
    }

    @Test func `a ping that fails is told once, without the URL`() async throws {
        let failed = HTTPPostResult.failure(message: "no https://hc.example.com/\(planted)")
        let refused = HTTPPostResult.answer(status: 404, retryAfter: nil)
        let bench = Bench([
            .init(result: failed), .init(result: refused), .init(),
            .init(result: refused), .init(reasons: ["x"]), .init(result: refused),
        ])
        try await bench.run(every: .seconds(30))
        #expect(bench.pinged == [0, 1, 2, 3, 5])
        #expect(
            bench.lines == [
                "! the heartbeat failed: hc.example.com: no (secret)",
                "the heartbeat resumed",
                "! the heartbeat failed: hc.example.com answered 404",
                "! the heartbeat stops: x",
                "! the heartbeat failed: hc.example.com answered 404",
            ]
        )
        #expect(bench.pauses.dropFirst().allSatisfy { $0 == .seconds(30) })
    }

    @Test(
        arguments: [
            ("OK", true), ("", true), ("{\"ok\":true}", true), ("OK (not found)", false),
            ("OK (rate limited)", false), ("<h1>404 Not Found</h1>", false),
        ]
    )
    func `a 200 that says that nobody was told is none`(body: String, isHeard: Bool) async throws {
        let answer = HTTPPostResult.answer(status: 200, retryAfter: nil, body: Array(body.utf8))
        let bench = Bench([.init(result: answer)])
        try await bench.run(every: .minutes(5))
        #expect(bench.results == [isHeard])
        if !isHeard {
            #expect(bench.lines.count == 1)
            let start = "! the heartbeat failed: hc.example.com answered 200, but with \""
            #expect(bench.lines.first?.hasPrefix(start) == true, "\(bench.lines)")
        }
    }

    @Test func `every ping is reported, and what was held back is none`() async throws {
        let refused = HTTPPostResult.answer(status: 404, retryAfter: nil)
        let bench = Bench([.init(), .init(result: refused), .init(reasons: ["x"]), .init()])
        try await bench.run(every: .minutes(5))
        #expect(bench.results == [true, false, true])
    }

    @Test func `a URL that is none is refused`() throws {
        let url = try Secret(validating: "ftp://\(planted)".utf8)
        let error = #expect(throws: ChannelSetupError.self) {
            try Heartbeat(
                settings: HeartbeatSettings(url: url),
                transport: Bench([]),
                healthy: { [] }
            )
        }
        #expect(error.map { !"\($0)".contains(planted) } == true)
    }
}

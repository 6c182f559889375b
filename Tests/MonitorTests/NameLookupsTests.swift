import Dispatch
import Glibc
import Synchronization
import Testing

@testable import HTTP
@testable import Monitor
@testable import System

/// A resolver whose answers a test gives.
private final class SlowResolver: Sendable {
    private struct State {
        var answers: [String: LookupResult] = [:]
        var started: [String] = []
        var running = 0
        var most = 0
    }

    private let state = Mutex(State())
    private let gate = DispatchSemaphore(value: 0)
    private let (starts, start) = AsyncStream.makeStream(of: String.self)

    /// The names whose lookups have begun, in order.
    var started: [String] { state.withLock { $0.started } }
    /// The most lookups at once.
    var most: Int { state.withLock { $0.most } }

    /// Blocks its thread, as getaddrinfo(3) does, until `answer` lets one go.
    func lookup(_ host: String) -> LookupResult {
        state.withLock {
            $0.started.append(host)
            $0.running += 1
            $0.most = max($0.most, $0.running)
        }
        start.yield(host)
        gate.wait()
        return state.withLock {
            $0.running -= 1
            return $0.answers[host] ?? .failed("no name server answered")
        }
    }

    func set(_ host: String, _ result: LookupResult) {
        state.withLock { $0.answers[host] = result }
    }

    /// Lets so many lookups end.
    func release(_ count: Int = 1) { for _ in 0..<count { gate.signal() } }

    /// Waits until so many lookups have begun since this was called last.
    func untilStarted(_ count: Int) async {
        var left = count
        for await _ in starts {
            left -= 1
            if left == 0 { return }
        }
    }
}

/// Names that are slow to be found, with a real client.
@Suite(.timeLimit(.minutes(1)))
struct NameLookupsTests {
    private let resolver = SlowResolver()

    private func client() throws -> HTTPClient {
        signal(SIGPIPE, SIG_IGN)
        return try HTTPClient(
            settings: HTTPClientSettings(perHostConnections: 100, totalConnections: 200),
            executor: QueueExecutor(label: "lookups-test"),
            lookup: { [resolver] in resolver.lookup($0) }
        )
    }

    @Test func `many calls of one name make one lookup, and all go on with it`() async throws {
        let server = try RawServer { connection in
            while connection.readHead() != nil { connection.answer("found") }
        }
        resolver.set("slow.test", .addresses(["127.0.0.1"]))
        let client = try client()
        let url = "http://slow.test:\(server.port)/"
        let (results, result) = AsyncStream.makeStream(of: HTTPResult.self)
        for _ in 0..<50 { await client.start(HTTPCall(url: url)) { result.yield($0) } }
        await resolver.untilStarted(1)
        // All calls have had their turn before that of the lookup's end comes.
        resolver.release()
        var count = 0
        for await result in results {
            #expect(try result.answered.text == "found")
            count += 1
            if count == 50 { break }
        }
        #expect(resolver.started == ["slow.test"])
        // Kept connections, and for a minute the address, need no further lookup.
        #expect(try await client.perform(HTTPCall(url: url)).answered.text == "found")
        #expect(resolver.started == ["slow.test"])
    }

    @Test func `calls that are over leave one lookup behind, whatever their number`() async throws {
        let client = try client()
        let call = HTTPCall(url: "http://stuck.test:1/", timeout: .milliseconds(20))
        for _ in 0..<10 {
            let failure = try await client.perform(call).failed
            #expect(failure.kind == .dns)
            #expect(failure.message.contains("cannot resolve stuck.test in time"), "\(failure)")
        }
        #expect(resolver.started == ["stuck.test"])
        resolver.release()
    }

    @Test func `there are no more lookups than threads for them, and every name has its turn`()
        async throws
    {
        let client = try client()
        let most = NameLookups.maximumThreads
        let failures = try await withThrowingTaskGroup(of: HTTPFailure.self) { group in
            for number in 0..<(3 * most) {
                let call = HTTPCall(url: "http://host-\(number).test:1/", timeout: .seconds(60))
                group.addTask { try await client.perform(call).failed }
            }
            await resolver.untilStarted(most)
            #expect(resolver.most == most)
            resolver.release(3 * most)
            return try await group.reduce(into: [HTTPFailure]()) { $0.append($1) }
        }
        #expect(failures.count == 3 * most)
        #expect(failures.allSatisfy { $0.message.hasSuffix("no name server answered") })
        #expect(resolver.most == most)
        #expect(Set(resolver.started).count == 3 * most)
    }

    @Test func `a name that nobody waits for any more has no turn`() async throws {
        let client = try client()
        let most = NameLookups.maximumThreads
        for number in 0..<most {
            let call = HTTPCall(url: "http://host-\(number).test:1/", timeout: .milliseconds(10))
            _ = try await client.perform(call).failed
        }
        let late = HTTPCall(url: "http://late.test:1/", timeout: .milliseconds(10))
        #expect(try await client.perform(late).failed.kind == .dns)
        resolver.release(most)
        // Once there is a thread again, a later one is looked up and that one is not.
        let last = HTTPCall(url: "http://last.test:1/", timeout: .seconds(60))
        resolver.release()
        #expect(try await client.perform(last).failed.kind == .dns)
        #expect(!resolver.started.contains("late.test"))
        #expect(resolver.started.last == "last.test")
    }

    @Test func `what this machine lacks is no fault of the name`() async throws {
        resolver.set("a.test", .shortage("this process has too many open files"))
        resolver.release()
        let failure = try await client().perform(HTTPCall(url: "http://a.test:1/")).failed
        #expect(failure.kind == .shortage)
        #expect(failure.message.contains("too many open files"))
    }

    @Test(arguments: ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "a.localhost"])
    func `an address and this machine are not looked up`(host: String) async throws {
        _ = await (try client()).perform(HTTPCall(url: "http://\(host):1/"))
        #expect(resolver.started.isEmpty)
    }

    @Test func `with a proxy its name is looked up, and not that of the URL`() async throws {
        let server = try RawServer { connection in
            if connection.readHead() != nil { connection.answer("by proxy") }
        }
        resolver.set("proxy.test", .addresses(["127.0.0.1"]))
        resolver.release()
        let client = try HTTPClient(
            settings: HTTPClientSettings(proxy: "http://proxy.test:\(server.port)"),
            executor: QueueExecutor(label: "lookups-test"),
            lookup: { [resolver] in resolver.lookup($0) }
        )
        let answer = try await client.perform(HTTPCall(url: "http://elsewhere.test/")).answered
        #expect(answer.text == "by proxy")
        #expect(resolver.started == ["proxy.test"])
    }

    @Test func `the second of two addresses is tried where nothing answers at the first`()
        async throws
    {
        let server = try RawServer { connection in
            if connection.readHead() != nil { connection.answer("second") }
        }
        resolver.set("two.test", .addresses(["::1", "127.0.0.1"]))
        resolver.release()
        let call = HTTPCall(url: "http://two.test:\(server.port)/")
        #expect(try await client().perform(call).answered.text == "second")
    }

    @Test func `the system finds this machine, and nothing under invalid`() {
        guard case .addresses(let addresses) = NameLookups.system("localhost") else {
            Issue.record("localhost is not found")
            return
        }
        #expect(addresses.contains("127.0.0.1") || addresses.contains("::1"))
        guard case .failed = NameLookups.system("nothing.invalid") else {
            Issue.record("nothing.invalid is found")
            return
        }
    }
}

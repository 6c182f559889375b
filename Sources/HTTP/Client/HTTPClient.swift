import Dispatch
import Glibc
package import System

/// The identity of one call of one client.
package struct HTTPCallID: Hashable, Comparable, Sendable {
    fileprivate let number: UInt64

    package static func < (left: HTTPCallID, right: HTTPCallID) -> Bool {
        left.number < right.number
    }
}

/// An HTTP client over libcurl's multi interface, on one Dispatch queue.
///
/// It always verifies certificates, follows no redirect, and ignores cookies, `.netrc` and the
/// environment's proxy variables. The process must ignore SIGPIPE. An actor on the same executor
/// starts calls by `assumeIsolated`, without a hop, and reenters itself the same way from a
/// completion.
package actor HTTPClient {
    private enum State {
        case idle
        case running(CurlDriver)
        case shutDown
    }

    nonisolated package let executor: QueueExecutor
    nonisolated package var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    private let settings: HTTPClientSettings
    private let certificates: CertificateBundle
    private let lookup: @Sendable (String) -> LookupResult
    private var state = State.idle
    private var lastNumber: UInt64 = 0
    /// The client itself while calls are in flight, because their completions must run.
    private var busySelf: HTTPClient?

    /// Reads the certificate authorities; does not connect yet.
    ///
    /// `lookup` finds the addresses of a host, on a thread that it may block.
    ///
    /// - Throws: `CertificateBundleError` if `caFile` cannot be used.
    package init(
        settings: HTTPClientSettings,
        executor: QueueExecutor,
        lookup: @escaping @Sendable (String) -> LookupResult = NameLookups.system
    ) throws(CertificateBundleError) {
        certificates = try CertificateBundle(
            systemFile: settings.systemCAFile,
            caFile: settings.caFile
        )
        self.settings = settings
        self.executor = executor
        self.lookup = lookup
    }

    /// Starts a call; its completion runs once, later, on the executor's queue.
    @discardableResult
    package func start(
        _ call: HTTPCall,
        completion: @escaping @Sendable (HTTPResult) -> Void
    ) -> HTTPCallID {
        let id = nextID()
        start(call, id: id, completion: completion)
        return id
    }

    /// Ends a call in flight: its completion soon gets a failure of kind `cancelled`.
    package func cancel(_ id: HTTPCallID) {
        guard case .running(let driver) = state else { return }
        driver.cancel(id)
    }

    /// Cancels all calls and closes all connections; calls started later fail as cancelled.
    package func shutdown() {
        if case .running(let driver) = state { driver.cancelAll(deliveringOn: executor.queue) }
        state = .shutDown
        busySelf = nil
    }

    /// Makes a call; cancelling the task cancels it.
    package func perform(_ call: HTTPCall) async -> HTTPResult {
        let id = nextID()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                start(call, id: id) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            executor.queue.async {
                self.assumeIsolated { $0.cancel(id) }
            }
        }
    }

    private func nextID() -> HTTPCallID {
        lastNumber += 1
        return HTTPCallID(number: lastNumber)
    }

    private func start(
        _ call: HTTPCall,
        id: HTTPCallID,
        completion: @escaping @Sendable (HTTPResult) -> Void
    ) {
        if case .idle = state { state = makeDriver().map(State.running) ?? .idle }
        switch state {
        case .running(let driver):
            driver.start(call, id: id, completion: completion)
            busySelf = self
        case .idle:
            refuse(call, .shortage, Shortage.words(for: EMFILE), completion)
        case .shutDown:
            refuse(call, .cancelled, "the daemon is stopping", completion)
        }
    }

    private func refuse(
        _ call: HTTPCall,
        _ kind: HTTPFailure.Kind,
        _ reason: String,
        _ completion: @escaping @Sendable (HTTPResult) -> Void
    ) {
        let message = "no call to \(call.authority): \(reason)"
        executor.queue.async {
            completion(.failure(HTTPFailure(kind: kind, message: message)))
        }
    }

    private func makeDriver() -> CurlDriver? {
        CurlDriver(
            settings: settings,
            certificates: certificates,
            queue: executor.queue,
            lookup: lookup,
            othersWait: { [executor] in executor.hasWaitingJobs }
        ) { [weak self] wake in
            self?.assumeIsolated { $0.wake(wake) }
        }
    }

    private func wake(_ wake: CurlDriver.Wake) {
        guard case .running(let driver) = state else { return }
        driver.wake(wake)
        if !driver.isBusy { busySelf = nil }
    }
}

import CCurl
import Dispatch
import Glibc

/// One multi handle of libcurl with its sockets, its timer and the calls in flight.
///
/// Everything here runs on one queue. Completions never run inside `start` or `cancel`: they run in
/// `settle`, one after another, and may start and cancel calls themselves.
final class CurlDriver {
    /// The events that wake the driver, on its queue.
    enum Wake: Sendable {
        case sockets
        case timer
        case kick
        /// The lookup of a host has ended.
        case lookup(host: String, LookupResult)
    }

    typealias Completion = @Sendable (HTTPResult) -> Void

    struct InFlight {
        let transfer: CurlTransfer
        let call: HTTPCall
        let completion: Completion
        /// The time at which the driver ends the call itself, in uptime nanoseconds.
        let overdueAt: UInt64
        /// The deadline of lookup and connection, in uptime nanoseconds.
        let connectBy: UInt64
        /// Whether the call was sent a second time, after a kept connection broke.
        var isRepeated = false
        /// The name to look up for the call; until then libcurl does not have the call.
        var sought: SoughtName?

        /// The time at which the driver ends the call, in uptime nanoseconds.
        var endAt: UInt64 { sought == nil ? overdueAt : min(overdueAt, connectBy) }
    }

    let multi: UnsafeMutableRawPointer
    let sockets: SocketSet
    let settings: HTTPClientSettings
    let certificates: CertificateBundle
    let queue: DispatchQueue
    let onWake: @Sendable (Wake) -> Void
    /// Whether other work waits for the queue.
    let othersWait: @Sendable () -> Bool
    private let socketSource: any DispatchSourceRead
    let timerSource: any DispatchSourceTimer

    let lookups: NameLookups
    var inFlight: [HTTPCallID: InFlight] = [:]
    var finished: [(completion: Completion, result: HTTPResult)] = []
    private var idleTransfers: [CurlTransfer] = []
    var isSettling = false
    var isKicked = false
    /// The number of wake-ups by sockets since the connections were checked.
    var uncheckedWakes = 0

    /// The next call that libcurl wants, in uptime nanoseconds; 0 is at once, nil is never.
    var deadline: UInt64?
    /// The earliest time at which a call is overdue; `.max` without calls.
    var earliestOverdue = UInt64.max
    /// The time at which the timer fires; it may precede the deadline, which moves with every call.
    var armed: UInt64?

    /// The number of calls that continue or end in one turn while no other work waits.
    static let callsInOneTurn = 8

    /// The maximum of easy handles kept for later calls: about 6 KB each; more are rarely needed.
    private static let maximumIdleTransfers = 64

    /// The driver's timeout beyond libcurl's: libcurl reports the more precise reason.
    private static let overdueNanoseconds: UInt64 = 50_000_000

    /// Creates a driver that calls `onWake` on the queue; nil for lack of memory or descriptors.
    init?(
        settings: HTTPClientSettings,
        certificates: CertificateBundle,
        queue: DispatchQueue,
        lookup: @escaping NameLookups.Lookup,
        othersWait: @escaping @Sendable () -> Bool,
        onWake: @escaping @Sendable (Wake) -> Void
    ) {
        curlIsInitialized
        guard let sockets = SocketSet(), let multi = curl_multi_init() else { return nil }
        self.multi = multi
        self.sockets = sockets
        self.settings = settings
        self.certificates = certificates
        self.queue = queue
        self.onWake = onWake
        self.othersWait = othersWait
        lookups = NameLookups(lookup) { host, result in
            queue.async { onWake(.lookup(host: host, result)) }
        }
        socketSource = DispatchSource.makeReadSource(
            fileDescriptor: sockets.epoll.descriptor,
            queue: queue
        )
        timerSource = DispatchSource.makeTimerSource(queue: queue)
        socketSource.setEventHandler { onWake(.sockets) }
        timerSource.setEventHandler { onWake(.timer) }
        socketSource.activate()
        timerSource.schedule(deadline: .distantFuture)
        timerSource.activate()
        configureMulti()
    }

    deinit {
        ccurl_multi_set_timer_callback(multi, nil)
        for call in inFlight.values {
            curl_multi_remove_handle(multi, call.transfer.easy)
        }
        // Closes the kept connections, through the socket set.
        curl_multi_cleanup(multi)
        timerSource.cancel()
        // The source must have left Dispatch's own set before the descriptor is closed.
        socketSource.setCancelHandler { [epoll = sockets.epoll] in
            withExtendedLifetime(epoll) {}
        }
        socketSource.cancel()
    }

    var isBusy: Bool { !inFlight.isEmpty || !finished.isEmpty }
}

extension CurlDriver {
    func start(_ call: HTTPCall, id: HTTPCallID, completion: @escaping Completion) {
        if let failure = begin(call, id: id, completion: completion) {
            finish(completion, .failure(failure))
        }
        kick()
    }

    private func begin(
        _ call: HTTPCall,
        id: HTTPCallID,
        completion: @escaping Completion
    ) -> HTTPFailure? {
        if let refusal = call.refusal {
            return HTTPFailure(kind: .refusedInput, message: refusal)
        }
        if call.isHTTPS && certificates.path == nil {
            return HTTPFailure(
                kind: .tls,
                message: "no certificate authorities to verify \(call.authority) with; install"
                    + " ca-certificates or set polling.ca_file"
            )
        }
        guard let transfer = takeTransfer() else {
            return .shortage(ENOMEM, for: call)
        }
        let code = transfer.prepare(call)
        guard code == CURLE_OK, curl_multi_add_handle(multi, transfer.easy) == CURLM_OK else {
            let reason = String(cString: curl_easy_strerror(code))
            return HTTPFailure(
                kind: .other,
                message: "libcurl cannot make a call to \(call.authority): \(reason)"
            )
        }
        transfer.id = id
        let now = DispatchTime.now().uptimeNanoseconds
        let overdueAt = now + call.timeout.inNanoseconds + Self.overdueNanoseconds
        earliestOverdue = min(earliestOverdue, overdueAt)
        inFlight[id] = InFlight(
            transfer: transfer,
            call: call,
            completion: completion,
            overdueAt: overdueAt,
            connectBy: now + call.connectTimeout.inNanoseconds
        )
        return nil
    }

    func cancel(_ id: HTTPCallID) {
        guard let call = inFlight[id]?.call else { return }
        let message = "the call to \(call.authority) was cancelled"
        abandon(id, HTTPFailure(kind: .cancelled, message: message))
        kick()
    }

    func abandon(_ id: HTTPCallID, _ failure: HTTPFailure) {
        guard let call = inFlight.removeValue(forKey: id) else { return }
        if let sought = call.sought { lookups.leave(sought.host, id) }
        // libcurl does not have the handle during a lookup; that does no harm here.
        curl_multi_remove_handle(multi, call.transfer.easy)
        _ = call.transfer.finish()
        recycle(call.transfer)
        finish(call.completion, .failure(failure))
    }

    /// Ends the calls whose deadline has passed by some margin.
    ///
    /// libcurl (7.88) does not time out a call that waits for a connection to its host.
    func abandonOverdue() {
        let now = DispatchTime.now().uptimeNanoseconds
        guard now >= earliestOverdue else { return }
        let overdue = inFlight.filter { $0.value.endAt <= now }
        for id in overdue.keys.sorted() {
            guard let call = overdue[id] else { continue }
            abandon(id, call.sought.map(HTTPFailure.unresolvedInTime) ?? .timeout(of: call.call))
        }
        earliestOverdue = inFlight.values.map(\.endAt).min() ?? .max
    }

    /// Ends every call in flight, in the order they were started.
    ///
    /// - Parameter queue: runs the completions, because the driver itself is not woken any more.
    func cancelAll(deliveringOn queue: DispatchQueue) {
        for id in inFlight.keys.sorted() { cancel(id) }
        let last = finished
        finished = []
        queue.async {
            for (completion, result) in last { completion(result) }
        }
    }

    func finish(_ completion: @escaping Completion, _ result: HTTPResult) {
        finished.append((completion, result))
    }

    private func takeTransfer() -> CurlTransfer? {
        idleTransfers.popLast()
            ?? CurlTransfer(settings: settings, certificates: certificates, sockets: sockets)
    }

    func recycle(_ transfer: CurlTransfer) {
        if idleTransfers.count < Self.maximumIdleTransfers { idleTransfers.append(transfer) }
    }
}

/// libcurl's global state, initialized once for the process, before the first handle is made.
private let curlIsInitialized: Void = {
    curl_global_init(Int(CURL_GLOBAL_DEFAULT))
}()

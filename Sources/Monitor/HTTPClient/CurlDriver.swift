import CCurl
import Dispatch

/// One multi handle of libcurl with its sockets, its timer and the calls in flight.
///
/// Everything here runs on one queue, and no completion runs inside `start` or `cancel`: they run in
/// `settle`, one after another, and may start and cancel calls themselves.
final class CurlDriver {
    /// What the driver asks to be woken for, on its queue.
    enum Wake: Sendable {
        case sockets
        case timer
        case kick
    }

    typealias Completion = @Sendable (HTTPResult) -> Void

    private struct InFlight {
        let transfer: CurlTransfer
        let call: HTTPCall
        let completion: Completion
        /// When the driver ends the call itself, in uptime nanoseconds.
        let overdueAt: UInt64
        /// Whether the call was sent a second time, after a kept connection broke.
        var isRepeated = false
    }

    private let multi: UnsafeMutableRawPointer
    private let sockets: SocketSet
    private let settings: HTTPClientSettings
    private let certificates: CertificateBundle
    private let queue: DispatchQueue
    private let onWake: @Sendable (Wake) -> Void
    private let socketSource: any DispatchSourceRead
    private let timerSource: any DispatchSourceTimer

    private var inFlight: [HTTPCallID: InFlight] = [:]
    private var finished: [(completion: Completion, result: HTTPResult)] = []
    private var idleTransfers: [CurlTransfer] = []
    private var isSettling = false
    private var isKicked = false

    /// When libcurl wants to be called next, in uptime nanoseconds; 0 is at once, nil is never.
    private var deadline: UInt64?
    /// No call is overdue before this; `.max` without calls.
    private var earliestOverdue = UInt64.max
    /// When the timer fires; it may be before the deadline, which moves with every call.
    private var armed: UInt64?

    /// Calls that go on or end in one turn of the queue, half a millisecond: others wait for it too.
    static let callsInOneTurn = 8

    /// The most easy handles kept for later calls: some 6 KB each, and seldom more are in flight.
    private static let maximumIdleTransfers = 64

    /// How much later than libcurl, which knows better what the call waited for, the driver times out.
    private static let overdueNanoseconds: UInt64 = 50_000_000

    /// Makes a driver that calls `onWake` on the queue; nil for want of memory or descriptors.
    init?(
        settings: HTTPClientSettings,
        certificates: CertificateBundle,
        queue: DispatchQueue,
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
            return HTTPFailure(kind: .other, message: "no memory for a call to \(call.authority)")
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
        let limit = UInt64(call.timeout.wholeMilliseconds) * 1_000_000
        let overdueAt = DispatchTime.now().uptimeNanoseconds + limit + Self.overdueNanoseconds
        earliestOverdue = min(earliestOverdue, overdueAt)
        inFlight[id] = InFlight(
            transfer: transfer,
            call: call,
            completion: completion,
            overdueAt: overdueAt
        )
        return nil
    }

    func cancel(_ id: HTTPCallID) {
        guard let call = inFlight[id]?.call else { return }
        let message = "the call to \(call.authority) was cancelled"
        abandon(id, HTTPFailure(kind: .cancelled, message: message))
        kick()
    }

    private func abandon(_ id: HTTPCallID, _ failure: HTTPFailure) {
        guard let call = inFlight.removeValue(forKey: id) else { return }
        curl_multi_remove_handle(multi, call.transfer.easy)
        _ = call.transfer.finish()
        recycle(call.transfer)
        finish(call.completion, .failure(failure))
    }

    /// Ends the calls whose time is up by some margin.
    ///
    /// libcurl (7.88) does not time out a call that waits for a connection to its host.
    private func abandonOverdue() {
        let now = DispatchTime.now().uptimeNanoseconds
        guard now >= earliestOverdue else { return }
        let overdue = inFlight.filter { $0.value.overdueAt <= now }
        for id in overdue.keys.sorted() {
            guard let call = overdue[id]?.call else { continue }
            abandon(id, .timeout(of: call))
        }
        earliestOverdue = inFlight.values.map(\.overdueAt).min() ?? .max
    }

    /// Ends every call that is in flight, in the order they were started.
    ///
    /// - Parameter queue: Runs the completions, as the driver itself is not to be woken any more.
    func cancelAll(deliveringOn queue: DispatchQueue) {
        for id in inFlight.keys.sorted() { cancel(id) }
        let last = finished
        finished = []
        queue.async {
            for (completion, result) in last { completion(result) }
        }
    }

    private func finish(_ completion: @escaping Completion, _ result: HTTPResult) {
        finished.append((completion, result))
    }

    private func takeTransfer() -> CurlTransfer? {
        idleTransfers.popLast()
            ?? CurlTransfer(settings: settings, certificates: certificates, sockets: sockets)
    }

    private func recycle(_ transfer: CurlTransfer) {
        if idleTransfers.count < Self.maximumIdleTransfers { idleTransfers.append(transfer) }
    }
}

extension CurlDriver {
    /// Does what is due; to be called on the queue for each wake-up asked for.
    func wake(_ wake: Wake) {
        switch wake {
        case .sockets:
            sockets.takeReady { socket, readiness in
                var running: Int32 = 0
                curl_multi_socket_action(multi, socket, readiness, &running)
            }
        case .timer:
            armed = nil
            abandonOverdue()
        case .kick: isKicked = false
        }
        settle()
    }

    /// Asks for a turn soon; calls started one after another share it.
    private func kick() {
        guard !isSettling && !isKicked else { return }
        isKicked = true
        queue.async { [onWake] in onWake(.kick) }
    }

    private func settle() {
        isSettling = true
        // Completions start calls, which may end at once.
        var left = Self.callsInOneTurn
        while true {
            runTimeouts()
            takeMessages()
            let batch = finished.prefix(left)
            if batch.isEmpty { break }
            finished.removeFirst(batch.count)
            left -= batch.count
            for (completion, result) in batch { completion(result) }
        }
        isSettling = false
        if !finished.isEmpty { kick() }
        armTimer()
    }

    private func runTimeouts() {
        guard let due = deadline, due == 0 || due <= DispatchTime.now().uptimeNanoseconds else {
            return
        }
        // libcurl says anew when it wants to be called, if at all.
        deadline = nil
        var running: Int32 = 0
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
    }

    private func takeMessages() {
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(multi, &remaining) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else {
                continue
            }
            let code = message.pointee.data.result
            var pointer: UnsafeMutableRawPointer?
            ccurl_get_pointer(easy, CURLINFO_PRIVATE, &pointer)
            // The message is libcurl's until the handle is removed.
            curl_multi_remove_handle(multi, easy)
            guard let transfer = CurlTransfer.at(pointer),
                let id = transfer.id,
                let call = inFlight[id]
            else { continue }
            if `repeat`(call, id, after: code) { continue }
            inFlight[id] = nil
            let outcome = CurlOutcome(code: code, transfer: transfer, call: call.call)
            recycle(transfer)
            finish(
                call.completion,
                outcome.result(settings: settings, certificates: certificates)
            )
        }
    }

    /// Sends a call again, on a new connection, that a kept one lost before any answer.
    ///
    /// A server retires a connection after so many requests or so much time (RFC 9113 §6.8) and a request
    /// may cross that; libcurl repeats it itself with HTTP/1.1, with HTTP/2 not always (7.88). A method
    /// that is not safe may have had its effect, and is left to who knows better (RFC 9110 §9.2.2).
    private func `repeat`(_ call: InFlight, _ id: HTTPCallID, after code: CURLcode) -> Bool {
        guard !call.isRepeated, call.call.method == "GET" || call.call.method == "HEAD",
            call.transfer.lostKeptConnection(code)
        else { return false }
        _ = call.transfer.finish()
        guard call.transfer.prepare(call.call, onNewConnection: true) == CURLE_OK,
            curl_multi_add_handle(multi, call.transfer.easy) == CURLM_OK
        else { return false }
        inFlight[id]?.isRepeated = true
        return true
    }

    /// Sets the timer, if it would fire too late or for nothing.
    private func armTimer() {
        guard isBusy || deadline != nil else {
            earliestOverdue = .max
            if armed != nil {
                timerSource.schedule(deadline: .distantFuture)
                armed = nil
            }
            return
        }
        let next = min(deadline ?? .max, earliestOverdue)
        // A timer that fires early is left: the deadline moves with every call.
        if let armed, armed <= next { return }
        armed = next
        timerSource.schedule(
            deadline: DispatchTime(uptimeNanoseconds: next),
            leeway: .milliseconds(1)
        )
    }
}

extension CurlDriver {
    private func configureMulti() {
        ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, settings.perHostConnections)
        ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, settings.totalConnections)
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.totalConnections)
        ccurl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        ccurl_multi_set_pointer(
            multi,
            CURLMOPT_SOCKETDATA,
            Unmanaged.passUnretained(sockets).toOpaque()
        )
        ccurl_multi_set_socket_callback(multi) { _, socket, what, sockets, _ in
            guard let sockets else { return 0 }
            Unmanaged<SocketSet>.fromOpaque(sockets).takeUnretainedValue().want(what, on: socket)
            return 0
        }
        ccurl_multi_set_pointer(
            multi,
            CURLMOPT_TIMERDATA,
            Unmanaged.passUnretained(self).toOpaque()
        )
        ccurl_multi_set_timer_callback(multi) { _, milliseconds, driver in
            guard let driver else { return 0 }
            Unmanaged<CurlDriver>.fromOpaque(driver).takeUnretainedValue()
                .setDeadline(milliseconds: milliseconds)
            return 0
        }
    }

    /// Notes when libcurl wants to be called: -1 for never.
    private func setDeadline(milliseconds: Int) {
        switch milliseconds {
        case ..<0: deadline = nil
        case 0: deadline = 0
        default:
            deadline = DispatchTime.now().uptimeNanoseconds + UInt64(milliseconds) * 1_000_000
        }
    }
}

/// Touched before the first handle is made: libcurl's global state, once for the process.
private let curlIsInitialized: Void = {
    curl_global_init(Int(CURL_GLOBAL_DEFAULT))
}()

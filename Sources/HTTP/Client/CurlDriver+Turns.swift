import CCurl
import Dispatch

// The work of the driver when it wakes up.
extension CurlDriver {
    /// Does the due work; the queue calls this for each requested wake-up.
    func wake(_ wake: Wake) {
        switch wake {
        case .sockets:
            var ready: [Int32] = []
            sockets.takeReady { socket, readiness in
                if checksFloods { ready.append(socket) }
                var running: Int32 = 0
                curl_multi_socket_action(multi, socket, readiness, &running)
            }
            abandonFloods(ready)
        case .timer:
            armed = nil
            abandonOverdue()
        case .kick: isKicked = false
        case .lookup(let host, let result): goOn(host, result)
        }
        settle()
    }

    /// Requests a turn soon; calls started one after another share it.
    func kick() {
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
            if left == 0 || finished.isEmpty { break }
            while left > 0, !finished.isEmpty {
                let (completion, result) = finished.removeFirst()
                completion(result)
                // A query waits for one answer, not for all answers of a turn.
                left = othersWait() ? 0 : left - 1
            }
        }
        isSettling = false
        if !finished.isEmpty { kick() }
        armTimer()
    }

    private func runTimeouts() {
        guard let due = deadline, due == 0 || due <= DispatchTime.now().uptimeNanoseconds else {
            return
        }
        // libcurl requests the next call itself.
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
            // libcurl owns the message until the handle is removed.
            curl_multi_remove_handle(multi, easy)
            guard let transfer = CurlTransfer.at(pointer),
                let id = transfer.id,
                let call = inFlight[id]
            else { continue }
            if lookUp(call, id) || `repeat`(call, id, after: code) { continue }
            inFlight[id] = nil
            let outcome = CurlOutcome(
                code: code,
                transfer: transfer,
                call: call.call,
                lack: sockets.lack
            )
            recycle(transfer)
            finish(
                call.completion,
                outcome.result(settings: settings, certificates: certificates)
            )
        }
    }

    /// Sends a call again, once, on a new connection, if it was lost before any answer.
    ///
    /// A server retires a connection after a number of requests or a time (RFC 9113 §6.8), and a
    /// request may cross that. libcurl itself repeats it with HTTP/1.1, but not always with HTTP/2
    /// (7.88). A method that is not safe may have had its effect, so the caller decides (RFC 9110
    /// §9.2.2).
    private func `repeat`(_ call: InFlight, _ id: HTTPCallID, after code: CURLcode) -> Bool {
        guard !call.isRepeated, call.call.method == "GET" || call.call.method == "HEAD",
            call.transfer.mayWorkOnNewConnection(after: code)
        else { return false }
        _ = call.transfer.finish()
        guard call.transfer.prepare(call.call, onNewConnection: true) == CURLE_OK,
            curl_multi_add_handle(multi, call.transfer.easy) == CURLM_OK
        else { return false }
        inFlight[id]?.isRepeated = true
        return true
    }

    /// Sets the timer if it would fire too late or needlessly.
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
        // A timer that fires early stays set, because the deadline moves with every call.
        if let armed, armed <= next { return }
        armed = next
        timerSource.schedule(
            deadline: DispatchTime(uptimeNanoseconds: next),
            leeway: .milliseconds(1)
        )
    }
}

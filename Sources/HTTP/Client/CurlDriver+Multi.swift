import CCurl
import Dispatch

// Connects libcurl with the epoll set and the timer.
extension CurlDriver {
    func configureMulti() {
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

    /// Records when libcurl wants to be called: -1 for never.
    private func setDeadline(milliseconds: Int) {
        switch milliseconds {
        case ..<0: deadline = nil
        case 0: deadline = 0
        default:
            deadline = DispatchTime.now().uptimeNanoseconds + UInt64(milliseconds) * 1_000_000
        }
    }
}

import Alerting
import CCurl
import Glibc

/// One easy handle of libcurl, used for one call after another.
final class CurlTransfer {
    let easy: UnsafeMutableRawPointer
    /// The current or last call of the handle.
    var id: HTTPCallID?
    /// The name that libcurl needed to look up but did not: the driver does so.
    private(set) var sought: SoughtName?
    /// The call while it is in flight; most need no lookup, so its name is read on demand.
    private var call: HTTPCall?
    private let settings: HTTPClientSettings
    private(set) var collector = AnswerCollector()
    /// The bytes of its connection at the first check; nil before that.
    var receivedBefore: UInt64?
    let errorText: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var addresses: UnsafeMutablePointer<curl_slist>?
    private var body: UnsafeMutableRawBufferPointer?
    /// The first error of setting an option: without the options for safety, no call is made.
    private var optionError = CURLE_OK

    /// Creates a handle with the common settings of calls; nil for lack of memory.
    ///
    /// The sockets are opened and closed by the socket set, which must outlive the multi handle.
    init?(settings: HTTPClientSettings, certificates: CertificateBundle, sockets: SocketSet) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.settings = settings
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))

        setLimits()
        setVerification(certificates)
        set(CURLOPT_USERAGENT, settings.userAgent)
        // Empty values also keep libcurl from reading the environment.
        set(CURLOPT_PROXY, settings.proxy ?? "")
        set(CURLOPT_NOPROXY, settings.asksOwnMachineItself ? "localhost,127.0.0.0/8,::1" : "")
        setCallbacks(sockets)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(addresses)
        releaseSecrets()
        errorText.deallocate()
    }

    /// Prepares the handle for a call that has no `refusal`.
    ///
    /// `addresses` is the result of its lookup, in libcurl's form.
    func prepare(
        _ call: HTTPCall,
        addresses: String? = nil,
        onNewConnection: Bool = false
    ) -> CURLcode {
        collector = AnswerCollector(maximumBodyBytes: call.maximumBodyBytes)
        receivedBefore = nil
        errorText.pointee = 0
        self.call = call
        sought = nil
        setAddresses(addresses)
        set(CURLOPT_URL, call.url)
        set(CURLOPT_CONNECTTIMEOUT_MS, call.connectTimeout.wholeMilliseconds)
        set(CURLOPT_TIMEOUT_MS, call.timeout.wholeMilliseconds)
        check(
            ccurl_set_size(easy, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(call.maximumBodyBytes))
        )
        let isHTTPS = call.isHTTPS
        set(CURLOPT_HTTP_VERSION, Int(isHTTPS ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1))
        // A burst of calls to one host waits to see whether its first connection uses HTTP/2, and
        // then shares it: one handshake instead of one per call. With HTTP/1.1 it waits for one
        // handshake, once.
        set(CURLOPT_PIPEWAIT, isHTTPS ? 1 : 0)
        if let path = call.unixSocketPath {
            set(CURLOPT_UNIX_SOCKET_PATH, path)
        } else {
            check(ccurl_set_string(easy, CURLOPT_UNIX_SOCKET_PATH, nil))
        }
        set(CURLOPT_FRESH_CONNECT, onNewConnection ? 1 : 0)
        setMethod(call)
        setHeaders(call)
        return optionError
    }

    /// Wipes and frees the handle's data of an ended call, and returns the answer.
    func finish() -> AnswerCollector {
        let collected = collector
        collector = AnswerCollector()
        call = nil
        ccurl_set_string(easy, CURLOPT_URL, nil)
        ccurl_set_list(easy, CURLOPT_HTTPHEADER, nil)
        setAddresses(nil)
        ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, nil)
        releaseSecrets()
        return collected
    }

    /// Whether a call failed without a byte of an answer, and may succeed on a new connection.
    ///
    /// Either a kept connection broke, or the server drained the connection or reset the HTTP/2 stream,
    /// as load balancers do even with a new one.
    func mayWorkOnNewConnection(after code: CURLcode) -> Bool {
        guard !collector.hasBegun else { return false }
        return switch code {
        case CURLE_HTTP2, CURLE_HTTP2_STREAM: true
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING:
            long(CURLINFO_NUM_CONNECTS) == 0
        default: false
        }
    }

    /// libcurl's text about the failure, perhaps empty.
    var errorMessage: String { String(cString: errorText) }

    /// Whether a byte of an answer has arrived, but possibly no whole line.
    var hasFirstByte: Bool {
        var microseconds: curl_off_t = 0
        ccurl_get_size(easy, CURLINFO_STARTTRANSFER_TIME_T, &microseconds)
        return microseconds > 0
    }

    func long(_ key: CURLINFO) -> Int {
        var value = 0
        ccurl_get_long(easy, key, &value)
        return value
    }
}

extension CurlTransfer {
    private func setMethod(_ call: HTTPCall) {
        var custom: String? = call.method
        if let bytes = call.body ?? (call.method == "POST" ? [] : nil) {
            // Never empty: without a body to point to, libcurl would read one from standard input.
            let copy = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(1, bytes.count),
                alignment: 1
            )
            copy.copyBytes(from: bytes)
            body = copy
            set(CURLOPT_POST, 1)
            check(ccurl_set_size(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
            check(ccurl_set_pointer(easy, CURLOPT_POSTFIELDS, copy.baseAddress))
            if call.method == "POST" { custom = nil }
        } else if call.method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
            custom = nil
        } else {
            set(CURLOPT_HTTPGET, 1)
            if call.method == "GET" { custom = nil }
        }
        if let custom {
            set(CURLOPT_CUSTOMREQUEST, custom)
        } else {
            check(ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, nil))
        }
    }

    private func setHeaders(_ call: HTTPCall) {
        for (name, value) in call.headers {
            // libcurl sends a field without a value for `Name;`, and does not send it for `Name:`.
            append(header: name, value.isEmpty ? ";" : ": ", value)
        }
        if !call.headers.contains(where: { $0.name.lowercased() == "accept-encoding" }) {
            // Compression is not requested: answers are small, and libcurl decodes it anyway.
            append(header: "Accept-Encoding", ":", "")
        }
        if body != nil {
            // Otherwise libcurl labels the body a form, and waits for a 100 before a large one.
            append(header: "Expect", ":", "")
            if !call.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
                append(header: "Content-Type", ":", "")
            }
        }
        check(ccurl_set_list(easy, CURLOPT_HTTPHEADER, headers))
    }

    private func setAddresses(_ text: String?) {
        curl_slist_free_all(addresses)
        addresses = text.flatMap { curl_slist_append(nil, $0) }
        check(ccurl_set_list(easy, CURLOPT_RESOLVE, addresses))
    }

    private func append(header name: String, _ separator: String, _ value: String) {
        let size = name.utf8.count + separator.utf8.count + value.utf8.count + 1
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { line in
            line.copyBytes(from: name.utf8)
            line[name.utf8.count...].copy(separator.utf8)
            line[(name.utf8.count + separator.utf8.count)...].copy(value.utf8)
            line[size - 1] = 0
            guard let start = line.baseAddress else { return }
            let list = curl_slist_append(headers, start.assumingMemoryBound(to: CChar.self))
            explicit_bzero(start, size)
            guard let list else {
                optionError = CURLE_OUT_OF_MEMORY
                return
            }
            headers = list
        }
    }

    private func releaseSecrets() {
        var field = headers
        while let current = field {
            if let text = current.pointee.data { explicit_bzero(text, strlen(text)) }
            field = current.pointee.next
        }
        curl_slist_free_all(headers)
        headers = nil
        if let body, let start = body.baseAddress { explicit_bzero(start, body.count) }
        body?.deallocate()
        body = nil
    }

    func set(_ option: CURLoption, _ value: Int) {
        check(ccurl_set_long(easy, option, value))
    }

    func set(_ option: CURLoption, _ value: String) {
        check(ccurl_set_string(easy, option, value))
    }

    func check(_ code: CURLcode) {
        if code != CURLE_OK && optionError == CURLE_OK { optionError = code }
    }
}

extension CurlTransfer {
    /// Returns the transfer that libcurl got as a pointer; the driver keeps it alive.
    static func at(_ pointer: UnsafeMutableRawPointer?) -> CurlTransfer? {
        pointer.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Prevents libcurl from looking up a name, and records that it needed to.
    ///
    /// A call with addresses is not stopped again, even if they are of another name.
    func refuseLookup() -> Bool {
        guard addresses == nil, let name = call.flatMap(settings.soughtName) else { return false }
        sought = name
        return true
    }

    /// Takes received bytes; any result but their number makes libcurl end the call.
    func receive(
        _ bytes: UnsafeMutablePointer<CChar>?,
        _ count: Int,
        isBody: Bool
    ) -> Int {
        let received = UnsafeRawBufferPointer(start: bytes, count: count)
        let isTaken =
            isBody ? collector.take(body: received) : collector.take(headLine: received)
        // The size of an empty piece cannot signal a failure.
        return isTaken ? count : count + 1
    }
}

extension Duration {
    /// The milliseconds for libcurl: 1 or more, because 0 means no limit; at most 24 days.
    package var wholeMilliseconds: Int {
        Int(max(1, min(milliseconds, 2_000_000_000)))
    }

    var inNanoseconds: UInt64 { UInt64(wholeMilliseconds) * 1_000_000 }
}

extension Slice where Base == UnsafeMutableRawBufferPointer {
    fileprivate func copy(_ bytes: String.UTF8View) {
        UnsafeMutableRawBufferPointer(rebasing: self).copyBytes(from: bytes)
    }
}

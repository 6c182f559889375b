import Alerting
import CCurl
import Glibc
import System

/// The report of libcurl at the end of one call, which becomes an answer or a failure.
struct CurlOutcome {
    let code: CURLcode
    let collected: AnswerCollector
    let call: HTTPCall
    /// libcurl's own text, which may name hosts, never headers; quoted only for TLS.
    let text: String
    /// The `errno` of the last failed connection attempt; 0 if unknown.
    let systemError: Int
    /// The proxy's status for CONNECT; 0 without one.
    let connectStatus: Int
    /// OpenSSL's verdict on the certificate (`X509_V_…`); 0 if good or not reached.
    let certificateVerdict: Int
    /// Whether a byte of an answer has arrived.
    let hasFirstByte: Bool
    /// The reason why no socket can be opened now; nil if one can.
    let lack: String?

    init(code: CURLcode, transfer: CurlTransfer, call: HTTPCall, lack: String?) {
        self.lack = lack
        self.code = code
        self.call = call
        text = code == CURLE_OK ? "" : transfer.errorMessage
        systemError = code == CURLE_OK ? 0 : transfer.long(CURLINFO_OS_ERRNO)
        connectStatus = code == CURLE_OK ? 0 : transfer.long(CURLINFO_HTTP_CONNECTCODE)
        certificateVerdict = code == CURLE_OK ? 0 : transfer.long(CURLINFO_SSL_VERIFYRESULT)
        hasFirstByte = code == CURLE_OK || transfer.hasFirstByte
        collected = transfer.finish()
    }

    func result(settings: HTTPClientSettings, certificates: CertificateBundle) -> HTTPResult {
        if code == CURLE_OK, let answer = collected.answer {
            return .answer(answer)
        }
        let isDirect =
            call.unixSocketPath != nil
            || (settings.asksOwnMachineItself && URLAuthority.isLoopback(host))
        let proxy = isDirect ? nil : settings.proxy.map(URLAuthority.of)
        return .failure(
            shortage ?? stopFailure ?? proxyFailure(proxy) ?? connectionFailure ?? tlsFailure(
                certificates
            )
                ?? answerFailure
        )
    }

    private var place: String { call.place }

    private var host: String { URLAuthority.host(of: call.url) }

    private func failure(_ kind: HTTPFailure.Kind, _ message: String) -> HTTPFailure {
        HTTPFailure(kind: kind, message: message)
    }

    /// A resource that this machine lacks, which libcurl reports as the host's fault.
    private var shortage: HTTPFailure? {
        var lack: String?
        switch code {
        case CURLE_COULDNT_CONNECT: lack = self.lack
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_CONNECT_ERROR, CURLE_FAILED_INIT:
            lack = Shortage.ofDescriptors()
        case CURLE_OUT_OF_MEMORY where !hasFirstByte: lack = Shortage.words(for: ENOMEM)
        default: break
        }
        return lack.map { failure(.shortage, "no call to \(place): \($0)") }
    }

    /// The reason why the collector stopped.
    private var stopFailure: HTTPFailure? {
        if code == CURLE_FILESIZE_EXCEEDED { return bodyTooLarge }
        // libcurl rejects a line of more than 100 KiB, as a lack of memory (7.88).
        if code == CURLE_OUT_OF_MEMORY, hasFirstByte { return headTooLarge }
        switch collected.stop {
        case .headTooLarge:
            return headTooLarge
        case .bodyTooLarge:
            return bodyTooLarge
        case .malformed:
            return malformed
        case .coded:
            return failure(
                .malformed,
                "the answer of \(place) has an unsupported compression; gzip and deflate are supported"
            )
        case nil:
            return nil
        }
    }

    private var headTooLarge: HTTPFailure {
        let limit = AnswerCollector.maximumHeadBytes
        return failure(.tooLarge, "the head of the answer of \(place) is over \(limit) bytes")
    }

    private var bodyTooLarge: HTTPFailure {
        let limit = call.maximumBodyBytes
        return failure(.tooLarge, "the answer of \(place) is over \(limit) bytes")
    }

    private var malformed: HTTPFailure {
        failure(.malformed, "\(place) did not answer with HTTP; check the address and port")
    }

    private func proxyFailure(_ proxy: String?) -> HTTPFailure? {
        guard let proxy else { return nil }
        switch code {
        case CURLE_COULDNT_RESOLVE_PROXY:
            return failure(.proxy, "cannot resolve the proxy \(proxy); check polling.proxy")
        case CURLE_COULDNT_CONNECT:
            return failure(.proxy, connectMessage("the proxy \(proxy)"))
        case CURLE_PROXY:
            return failure(.proxy, "the proxy \(proxy) did not connect to \(place)")
        default:
            guard connectStatus != 0, !(200..<300).contains(connectStatus) else { return nil }
            return failure(
                .proxy,
                "the proxy \(proxy) refused to connect to \(place): status \(connectStatus)"
            )
        }
    }

    private var connectionFailure: HTTPFailure? {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST:
            failure(
                .dns,
                "cannot resolve \(host): there is no such name, or no name server answered"
            )
        case CURLE_COULDNT_CONNECT:
            failure(.connect, connectMessage(place))
        case CURLE_OPERATION_TIMEDOUT:
            timeoutFailure
        default:
            nil
        }
    }

    private func connectMessage(_ place: String) -> String {
        switch Int32(systemError) {
        case 0: "cannot connect to \(place)"
        case ECONNREFUSED: "connection refused by \(place)"
        case let error: "cannot connect to \(place): \(String(cString: strerror(error)))"
        }
    }

    private var timeoutFailure: HTTPFailure {
        // Only libcurl's text names the limit.
        if text.hasPrefix("Resolving") {
            return failure(.dns, "cannot resolve \(host) in time; check the name servers")
        }
        if text.hasPrefix("Operation") || text.isEmpty {
            return .timeout(of: call)
        }
        let limit = min(call.connectTimeout, call.timeout)
        return failure(.timeout, "no connection to \(place) within \(limit.inWords)")
    }

    private func tlsFailure(_ certificates: CertificateBundle) -> HTTPFailure? {
        switch code {
        case CURLE_PEER_FAILED_VERIFICATION:
            failure(.tls, verificationMessage)
        case CURLE_SSL_CACERT_BADFILE:
            failure(
                .tls,
                "the certificate authorities of \(certificates.source) cannot be read as PEM"
            )
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_ENGINE_INITFAILED,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
            failure(.tls, "no TLS connection to \(place): \(quoted(text))")
        default:
            nil
        }
    }

    private var verificationMessage: String {
        // OpenSSL finds nothing wrong with such a certificate; libcurl compares the names.
        guard certificateVerdict != 0, !text.contains("subject name") else {
            return "the certificate of \(host) is for another name; check the address"
        }
        // The text after "SSL certificate problem: ".
        let reason = text.firstRange(of: ": ").map { String(text[$0.upperBound...]) } ?? text
        // X509_V_ERR: no issuer found, self-signed, self-signed in the chain, no chain.
        let isUnknownIssuer = [2, 18, 19, 20, 21].contains(certificateVerdict)
        return "the certificate of \(host) cannot be verified: \(quoted(reason))"
            + (isUnknownIssuer ? "; add its CA with polling.ca_file" : "")
    }

    private var answerFailure: HTTPFailure {
        switch code {
        case CURLE_PARTIAL_FILE, CURLE_OK:
            failure(.truncated, "\(place) closed the connection in the middle of its answer")
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING:
            collected.hasBegun
                ? failure(.truncated, "the connection to \(place) was lost inside the answer")
                : failure(.connect, "\(place) closed the connection without an answer")
        case CURLE_HTTP2, CURLE_HTTP2_STREAM:
            streamFailure
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY:
            malformed
        case CURLE_BAD_CONTENT_ENCODING:
            failure(.malformed, "the compressed answer of \(place) cannot be decoded")
        case CURLE_URL_MALFORMAT:
            failure(.refusedInput, "the URL for \(place) is invalid")
        case CURLE_LOGIN_DENIED:
            failure(.refusedInput, "the URL for \(place) must not contain a user name")
        default:
            failure(.other, "\(place): \(String(cString: curl_easy_strerror(code)))")
        }
    }

    /// The failure of an ended stream, which says nothing about the address.
    ///
    /// A load balancer ends streams when it drains, or when the server behind it is down, with any
    /// code (RFC 9113 §7; nginx uses PROTOCOL_ERROR).
    private var streamFailure: HTTPFailure {
        collected.hasBegun
            ? failure(.truncated, "\(place) ended the HTTP/2 stream inside the answer")
            : failure(.connect, "\(place) ended the HTTP/2 stream without an answer")
    }

    private func quoted(_ text: String) -> String {
        text.isEmpty
            ? String(cString: curl_easy_strerror(code)) : text.escapedForTerminal(maximumBytes: 200)
    }
}

extension HTTPFailure {
    /// Returns the failure of a call without an answer in time.
    static func timeout(of call: HTTPCall) -> HTTPFailure {
        HTTPFailure(
            kind: .timeout,
            message: "no answer from \(call.place) within \(call.timeout.inWords)"
        )
    }
}

extension HTTPCall {
    /// The destination of the call, for messages.
    var place: String {
        unixSocketPath.map { $0.escapedForTerminal(maximumBytes: 120) } ?? authority
    }
}

extension Duration {
    fileprivate var inWords: String {
        let milliseconds = wholeMilliseconds
        return milliseconds.isMultiple(of: 1000) ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}

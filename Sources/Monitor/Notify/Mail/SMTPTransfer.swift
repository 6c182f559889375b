import CCurl
import CLinux
import Glibc
import HTTP
import Synchronization

/// The transfer of one mail to a server, by an easy handle of libcurl that is used once.
///
/// `perform` blocks its thread until the server answers, the time is over, or `cancel` is called.
final class SMTPTransfer: Sendable {
    /// The result of a transfer.
    struct Outcome: Sendable {
        let code: CURLcode
        /// The server's last reply; 0 without one.
        let reply: Int
        /// The text of that reply, or libcurl's description of the failure.
        let words: String
        /// The rejected recipients; if there are others, the mail goes to them.
        var refused: [Refusal] = []
    }

    /// The server's reply that rejected a recipient.
    struct Refusal: Hashable, Sendable {
        let address: String
        let reply: Int
        let words: String
    }

    private let isCancelled = Atomic(false)
    private let connection = SMTPConnection()

    /// The time limit of a reply, in seconds.
    ///
    /// libcurl's limit of the whole transfer does not cover its waits for the last reply and for
    /// the reply to `QUIT`.
    private static let longestReply = 20

    func cancel() {
        isCancelled.store(true, ordering: .relaxed)
        connection.shut(SHUT_RDWR)
    }

    /// - Parameters:
    ///   - message: the mail.
    ///   - addresses: the recipients of this attempt, some of the settings' recipients.
    ///   - settings: the server and the sender.
    ///   - password: the password of the login; nil without a login.
    ///   - certificates: the certificate authorities that verify servers.
    ///   - timeout: the time limit of the whole transfer.
    /// - Returns: the result.
    func perform(
        _ message: [UInt8],
        to addresses: [String],
        _ settings: MailSettings,
        password: Secret?,
        certificates: CertificateBundle,
        timeout: Duration
    ) -> Outcome {
        guard let easy = curl_easy_init() else {
            return Outcome(code: CURLE_OUT_OF_MEMORY, reply: 0, words: "no memory")
        }
        var recipients: UnsafeMutablePointer<curl_slist>?
        for address in addresses { recipients = curl_slist_append(recipients, address) }
        defer { curl_slist_free_all(recipients) }
        let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        defer { errorText.deallocate() }
        let exchange = SMTPExchange(
            message,
            to: addresses,
            over: connection,
            isCancelled: { [self] in
                isCancelled.load(ordering: .relaxed)
            }
        )
        return withExtendedLifetime(exchange) {
            // The cleanup sends `QUIT` to the server, and calls the exchange once more.
            defer { curl_easy_cleanup(easy) }
            var failure = CURLE_OK
            func check(_ code: CURLcode) { if failure == CURLE_OK { failure = code } }
            let server = settings.server
            check(ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps"))
            check(ccurl_set_string(easy, CURLOPT_URL, server.url))
            check(ccurl_set_string(easy, CURLOPT_PROXY, ""))
            check(ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1))
            check(ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1))
            check(ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, 10_000))
            check(ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, timeout.wholeMilliseconds))
            check(ccurl_set_long(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, Self.longestReply))
            // Nobody can eavesdrop on a local connection, and local certificates are often
            // self-signed. A server may still require STARTTLS.
            let isOptional = !server.requiresTLS && !server.isTLSFirst
            let tls = isOptional ? CURLUSESSL_TRY : CURLUSESSL_ALL
            check(ccurl_set_long(easy, CURLOPT_USE_SSL, Int(tls.rawValue)))
            check(ccurl_set_long(easy, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)))
            check(ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, isOptional ? 0 : 1))
            check(ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, isOptional ? 0 : 2))
            check(ccurl_set_string(easy, CURLOPT_CAPATH, nil))
            check(ccurl_set_string(easy, CURLOPT_CAINFO, certificates.path))
            if let user = settings.user, let password {
                check(ccurl_set_string(easy, CURLOPT_USERNAME, user))
                check(ccurl_set_string(easy, CURLOPT_PASSWORD, password.reveal()))
            }
            check(ccurl_set_string(easy, CURLOPT_MAIL_FROM, settings.from))
            check(ccurl_set_list(easy, CURLOPT_MAIL_RCPT, recipients))
            // One rejected recipient must not stop the mail to the others.
            check(ccurl_allow_refused_recipients(easy))
            check(ccurl_set_long(easy, CURLOPT_UPLOAD, 1))
            check(ccurl_set_size(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(message.count)))
            check(ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
            exchange.attach(to: easy, check)
            if failure == CURLE_OK { failure = curl_easy_perform(easy) }
            var reply = 0
            ccurl_get_long(easy, CURLINFO_RESPONSE_CODE, &reply)
            var systemError = 0
            ccurl_get_long(easy, CURLINFO_OS_ERRNO, &systemError)
            let words =
                failure == CURLE_COULDNT_CONNECT && systemError != 0
                ? String(cString: strerror(Int32(systemError))) : String(cString: errorText)
            return Outcome(
                code: failure,
                reply: reply,
                words: reply >= 400 && !exchange.refusal.isEmpty
                    ? exchange.refusal
                    : words.isEmpty ? String(cString: curl_easy_strerror(failure)) : words,
                refused: exchange.refused
            )
        }
    }
}

/// The connection of one transfer, which another thread can shut.
private final class SMTPConnection: Sendable {
    /// The socket; nil while there is none.
    private let socket = Mutex<Int32?>(nil)

    /// Opens a socket that child processes do not inherit, unlike libcurl's own.
    func open(_ address: curl_sockaddr) -> Int32 {
        let type = address.socktype | clinux_close_on_exec
        let opened = clinux_socket(address.family, type, address.protocol)
        if opened >= 0 { socket.withLock { $0 = opened } }
        return opened
    }

    func close(_ closed: Int32) -> Int32 {
        socket.withLock { socket in
            if socket == closed { socket = nil }
            return Glibc.close(closed)
        }
    }

    /// Ends libcurl's wait for the server.
    ///
    /// - Parameter how: `SHUT_RD` or `SHUT_RDWR`.
    func shut(_ how: Int) {
        socket.withLock { socket in
            if let socket { _ = shutdown(socket, Int32(how)) }
        }
    }
}

/// The data that libcurl reads and reports during one transfer, on the thread that performs it.
private final class SMTPExchange {
    private let message: [UInt8]
    private var sent = 0
    private var addresses: ArraySlice<String>
    /// Whether the next reply is about the first of `addresses`.
    private var namesRecipient = false
    /// The rejected recipients.
    private(set) var refused: [SMTPTransfer.Refusal] = []
    private let connection: SMTPConnection
    private let isCancelled: () -> Bool
    /// The last line of a rejecting reply, without its number; empty if there is none.
    private(set) var refusal = ""

    init(
        _ message: [UInt8],
        to addresses: [String],
        over connection: SMTPConnection,
        isCancelled: @escaping () -> Bool
    ) {
        self.message = message
        self.addresses = addresses[...]
        self.connection = connection
        self.isCancelled = isCancelled
    }

    func attach(to easy: UnsafeMutableRawPointer, _ check: (CURLcode) -> Void) {
        let me = Unmanaged.passUnretained(self).toOpaque()
        check(ccurl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, me))
        check(
            ccurl_set_open_socket(easy) { me, _, address in
                guard let address else { return CURL_SOCKET_BAD }
                return SMTPExchange.at(me)?.connection.open(address.pointee) ?? CURL_SOCKET_BAD
            }
        )
        check(ccurl_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, me))
        check(
            ccurl_set_close_socket(easy) { me, socket in
                SMTPExchange.at(me)?.connection.close(socket) ?? 1
            }
        )
        check(ccurl_set_pointer(easy, CURLOPT_READDATA, me))
        check(
            ccurl_set_reader(easy) { buffer, size, count, me in
                SMTPExchange.at(me)?.read(into: buffer, size * count) ?? 0
            }
        )
        check(ccurl_set_pointer(easy, CURLOPT_HEADERDATA, me))
        check(
            ccurl_set_receiver(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, me in
                SMTPExchange.at(me)?.note(bytes, size * count)
                return size * count
            }
        )
        // Replies do not name their commands, so the exchange also reads these, one at a time.
        check(ccurl_set_long(easy, CURLOPT_VERBOSE, 1))
        check(ccurl_set_pointer(easy, CURLOPT_DEBUGDATA, me))
        check(
            ccurl_set_debug(easy) { _, kind, bytes, count, me in
                if kind == CURLINFO_HEADER_OUT { SMTPExchange.at(me)?.noteCommand(bytes, count) }
                return 0
            }
        )
        // A reply has no body; libcurl would print one.
        check(ccurl_set_receiver(easy, CURLOPT_WRITEFUNCTION) { _, size, count, _ in size * count })
        check(ccurl_set_long(easy, CURLOPT_NOPROGRESS, 0))
        check(ccurl_set_pointer(easy, CURLOPT_XFERINFODATA, me))
        check(
            ccurl_set_progress(easy) { me, _, _, _, _ in
                SMTPExchange.at(me)?.isCancelled() == true ? 1 : 0
            }
        )
    }

    private static func at(_ pointer: UnsafeMutableRawPointer?) -> SMTPExchange? {
        pointer.map { Unmanaged<SMTPExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    private func read(into buffer: UnsafeMutablePointer<CChar>?, _ room: Int) -> Int {
        let count = min(room, message.count - sent)
        guard let buffer, count > 0 else { return 0 }
        message.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return }
            memcpy(buffer, start + sent, count)
        }
        sent += count
        return count
    }

    private func noteCommand(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) {
        let line = UnsafeRawBufferPointer(start: bytes, count: count)
        namesRecipient = line.starts(with: "RCPT TO:".utf8)
        // The server has the mail: its reply to `QUIT` is not worth a wait.
        if line.starts(with: "QUIT".utf8) { connection.shut(SHUT_RD) }
    }

    private func note(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) {
        guard let bytes, count > 4 else { return }
        let line = UnsafeRawBufferPointer(start: bytes, count: min(count, 512))
        let isLast = line[3] != UInt8(ascii: "-")
        let address = namesRecipient && isLast ? addresses.popFirst() : nil
        // After a rejection the session ends normally: its last reply is no news.
        guard (UInt8(ascii: "4")...UInt8(ascii: "5")).contains(line[0]) else { return }
        let text = line.dropFirst(4).filter { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        refusal = String(decoding: text, as: UTF8.self)
        if let address, let reply = Int(String(decoding: line.prefix(3), as: UTF8.self)) {
            refused.append(SMTPTransfer.Refusal(address: address, reply: reply, words: refusal))
        }
    }
}

import CCurl
import CLinux
import Glibc
import HTTP
import Synchronization

/// One mail on its way to a server, by an easy handle of libcurl that is used once.
///
/// `perform` blocks its thread until the server has answered, the time is over, or `cancel` was called.
final class SMTPTransfer: Sendable {
    /// The result.
    struct Outcome: Sendable {
        let code: CURLcode
        /// The server's last reply; 0 without one.
        let reply: Int
        /// The text of that reply, or libcurl's words of what failed.
        let words: String
        /// The recipients that the server did not take; a mail goes to the others if there are any.
        var refused: [Refusal] = []
    }

    /// What the server said to a recipient.
    struct Refusal: Hashable, Sendable {
        let address: String
        let reply: Int
        let words: String
    }

    private let isCancelled = Atomic(false)
    private let connection = SMTPConnection()

    /// The time limit of a reply, in seconds: of libcurl's waits for the last one and for that to `QUIT`,
    /// its own limit of the whole transfer does not count.
    private static let longestReply = 20

    func cancel() {
        isCancelled.store(true, ordering: .relaxed)
        connection.shut(SHUT_RDWR)
    }

    /// - Parameters:
    ///   - message: the mail.
    ///   - addresses: whom to send it to: some of the settings'.
    ///   - settings: the server and the sender.
    ///   - password: of the login; nil without one.
    ///   - certificates: that servers are verified by.
    ///   - timeout: of everything.
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
            // It says goodbye to the server, and calls the exchange once more.
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
            // Nobody can eavesdrop on this machine, and its certificate is often self-signed. A server
            // may insist on STARTTLS even so.
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
            // One dead mailbox is no reason to tell nobody.
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
    /// Nil while there is none.
    private let socket = Mutex<Int32?>(nil)

    /// Opens a socket that no child process inherits, which libcurl's own would be.
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
    /// The recipients that were not taken.
    private(set) var refused: [SMTPTransfer.Refusal] = []
    private let connection: SMTPConnection
    private let isCancelled: () -> Bool
    /// The last line of a rejecting reply, without its number; empty without one.
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
        // Replies do not name what they answer, so commands are seen too: one at a time.
        check(ccurl_set_long(easy, CURLOPT_VERBOSE, 1))
        check(ccurl_set_pointer(easy, CURLOPT_DEBUGDATA, me))
        check(
            ccurl_set_debug(easy) { _, kind, bytes, count, me in
                if kind == CURLINFO_HEADER_OUT { SMTPExchange.at(me)?.noteCommand(bytes, count) }
                return 0
            }
        )
        // A reply is no answer's body; none is expected, and none is printed.
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
        // The server has the mail: its farewell is not worth a wait.
        if line.starts(with: "QUIT".utf8) { connection.shut(SHUT_RD) }
    }

    private func note(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) {
        guard let bytes, count > 4 else { return }
        let line = UnsafeRawBufferPointer(start: bytes, count: min(count, 512))
        let isLast = line[3] != UInt8(ascii: "-")
        let address = namesRecipient && isLast ? addresses.popFirst() : nil
        // After a rejection the session ends in order: that reply is no news.
        guard (UInt8(ascii: "4")...UInt8(ascii: "5")).contains(line[0]) else { return }
        let text = line.dropFirst(4).filter { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        refusal = String(decoding: text, as: UTF8.self)
        if let address, let reply = Int(String(decoding: line.prefix(3), as: UTF8.self)) {
            refused.append(SMTPTransfer.Refusal(address: address, reply: reply, words: refusal))
        }
    }
}

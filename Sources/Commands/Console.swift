import Glibc
import Monitor
import SwiftOverlayShims

/// The output of a command, its width, and whether it has colour.
package struct Console: Sendable {
    package enum Stream: Hashable, Sendable {
        case output
        case error
    }

    /// The columns of the terminal; nil without a terminal, where nothing is cut.
    package let width: Int?
    /// The lines of the terminal; nil if the output is no terminal.
    package var height: Int?
    package let hasColour: Bool
    /// Whether the output may contain more than ASCII.
    package var isUnicode = true
    /// Shows a text a screen at a time; false if it could not.
    var page: (@Sendable (String) -> Bool)?
    let write: @Sendable (Stream, String) -> Void

    func print(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        write(.output, text(lines))
    }

    /// Prints lines, through the pager if they exceed a screen.
    func show(_ lines: [String], isPaged: Bool = true) {
        if isPaged, let height, lines.count >= height, let page, page(text(lines)) { return }
        print(lines)
    }

    private func text(_ lines: [String]) -> String {
        let text = lines.joined(separator: "\n") + "\n"
        return isUnicode ? text : text.foldedToASCII
    }

    func print(_ line: String) { print([line]) }

    /// Prints JSON unchanged, with a line feed at its end.
    func print(json bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        write(.output, text.hasSuffix("\n") ? text : text + "\n")
    }

    func complain(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        write(.error, SecretLook.hiding(in: lines.joined(separator: "\n")) + "\n")
    }
}

extension Console {
    /// The console or session of this process.
    package static func standard(environment: [String: String]) -> Console {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        // https://no-color.org: any value but an empty one.
        let isPlain = environment["NO_COLOR"]?.isEmpty == false || environment["TERM"] == "dumb"
        let size = isTerminal ? terminalSize() : nil
        var page: (@Sendable (String) -> Bool)?
        if let pager = Pager.command(environment: environment) {
            page = { text in Pager.show(text, with: pager) }
        }
        return Console(
            width: size?.columns,
            height: size?.rows,
            hasColour: isTerminal && !isPlain,
            isUnicode: !isTerminal || Self.isUnicode(environment),
            page: page
        ) { stream, text in
            switch stream {
            case .output: writeAll(text, to: STDOUT_FILENO)
            case .error: writeAll(text, to: STDERR_FILENO)
            }
        }
    }

    /// Returns 20 to 1000 columns, or 80 without rows if the terminal does not report its size.
    private static func terminalSize() -> (columns: Int, rows: Int?) {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else { return (80, nil) }
        let columns = size.ws_col > 0 ? min(max(Int(size.ws_col), 20), 1000) : 80
        return (columns, size.ws_row > 0 ? Int(size.ws_row) : nil)
    }

    /// Whether the locale's encoding is UTF-8; the first variable that is set decides (POSIX 8.2).
    static func isUnicode(_ environment: [String: String]) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }
            .first { !$0.isEmpty }
        let encoding = (locale ?? "").lowercased().filter { $0 != "-" }
        return encoding.contains("utf8")
    }

    private static func writeAll(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                bytes = bytes.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR:
                continue
            case EAGAIN:
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&ready, 1, -1)
            case EPIPE:
                // The reader, such as `head`, has exited. libcurl needs SIGPIPE ignored; here the
                // process exits as other filters do.
                signal(SIGPIPE, SIG_DFL)
                raise(SIGPIPE)
                exit(ExitStatus.cannotWrite)
            default:
                if descriptor == STDOUT_FILENO {
                    let reason = String(cString: strerror(errno))
                    writeAll("tokenwatchd: cannot write: \(reason)\n", to: STDERR_FILENO)
                }
                exit(ExitStatus.cannotWrite)
            }
        }
    }
}

import Glibc

/// Where a command prints, and how wide and colourful that is.
package struct Console: Sendable {
    package enum Stream: Hashable, Sendable {
        case output
        case error
    }

    /// Columns of the terminal; nil where the output is no terminal, and nothing is cut.
    package let width: Int?
    package let hasColour: Bool
    private let write: @Sendable (Stream, String) -> Void

    package init(
        width: Int?,
        hasColour: Bool,
        write: @escaping @Sendable (Stream, String) -> Void
    ) {
        self.width = width
        self.hasColour = hasColour
        self.write = write
    }

    func print(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        write(.output, lines.joined(separator: "\n") + "\n")
    }

    func print(_ line: String) { print([line]) }

    /// JSON as it came, with a line feed at its end.
    func print(json bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        write(.output, text.hasSuffix("\n") ? text : text + "\n")
    }

    func complain(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        write(.error, lines.joined(separator: "\n") + "\n")
    }
}

extension Console {
    /// That of this process.
    package static func standard(environment: [String: String]) -> Console {
        let isTerminal = isatty(STDOUT_FILENO) == 1
        // https://no-color.org: any value but an empty one.
        let isPlain = environment["NO_COLOR"]?.isEmpty == false || environment["TERM"] == "dumb"
        return Console(
            width: isTerminal ? terminalWidth() : nil,
            hasColour: isTerminal && !isPlain
        ) { stream, text in
            switch stream {
            case .output: writeAll(text, to: STDOUT_FILENO)
            case .error: writeAll(text, to: STDERR_FILENO)
            }
        }
    }

    /// 20 to 1000 columns; 80 where the terminal does not say.
    private static func terminalWidth() -> Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return 80
        }
        return min(max(Int(size.ws_col), 20), 1000)
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
                // The reader, `head` for one, has enough. SIGPIPE is ignored for libcurl's sake;
                // here the process ends as every filter does.
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

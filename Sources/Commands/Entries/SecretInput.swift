import Glibc
import Monitor

/// Reads input from a person or a pipe.
enum SecretInput {
    /// Reads a secret: typed without echo at a terminal, otherwise all of standard input.
    ///
    /// - Parameters:
    ///   - prompt: the prompt at the terminal.
    ///   - noun: the name of the input, for errors.
    ///   - isAnswered: whether a line for `confirms` may follow in a pipe.
    /// - Returns: a valid secret.
    /// - Throws: `Failure` with status 1 if it cannot be a secret, or the person aborted.
    static func read(
        prompt: String,
        noun: String = "secret",
        isAnswered: Bool = false
    ) throws(Failure) -> Secret {
        let bytes =
            isatty(STDIN_FILENO) == 1
            ? try typed(prompt) : isAnswered ? line(atMost: Secret.maximumBytes + 1) : try piped()
        do {
            return try Secret(validating: bytes)
        } catch {
            throw Failure("the \(noun) \(error)", status: ExitStatus.warning)
        }
    }

    /// Returns whether a person, or the next piped line, says yes; nil without either.
    static func confirms(_ question: String) -> Bool? {
        let isTerminal = isatty(STDIN_FILENO) == 1
        if isTerminal { say("\(question) (y/N) ") }
        let word = String(decoding: line(atMost: 64), as: UTF8.self).lowercased()
        if word.isEmpty, !isTerminal { return nil }
        return word == "y" || word == "yes"
    }

    /// Reads a value that is no secret: typed, or the next piped line; without surrounding blanks.
    static func text(prompt: String, noun: String) throws(Failure) -> String {
        let isTerminal = isatty(STDIN_FILENO) == 1
        for _ in 0..<(isTerminal ? attempts : 1) {
            if isTerminal { say(prompt) }
            guard let text = answerLine() else { break }
            if !text.isEmpty { return text }
        }
        throw Failure("no \(noun) given; nothing was changed", status: ExitStatus.warning)
    }

    /// Returns a person's answer at the terminal; nil if there is no terminal, or no valid answer.
    ///
    /// - Parameters:
    ///   - question: the prompt at the terminal.
    ///   - check: returns the value of an answer, or the mistake in it; then the prompt is
    ///     repeated.
    /// - Returns: the value.
    /// - Throws: `Failure` after the last wrong answer.
    static func answer(
        _ question: String,
        _ check: (String) -> Result<String, Mistake>
    ) throws(Failure) -> String? {
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        var mistake: Mistake?
        for _ in 0..<attempts {
            if let mistake { say("\(mistake.message)\n") }
            say(question)
            guard let text = answerLine(), !text.isEmpty else { return nil }
            switch check(text) {
            case .success(let value): return value
            case .failure(let wrong): mistake = wrong
            }
        }
        throw Failure(mistake?.message ?? "no answer", status: ExitStatus.warning)
    }

    /// The number of answers that a person may give.
    private static let attempts = 3

    /// Reads a line without surrounding blanks; nil at the end of the input.
    private static func answerLine() -> String? {
        guard let line = nextLine(atMost: 1024) else { return nil }
        var text = String(decoding: line, as: UTF8.self)[...].drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// Reads the next line, without its end; of a longer one, the beginning.
    private static func line(atMost limit: Int) -> [UInt8] {
        nextLine(atMost: limit) ?? []
    }

    /// Reads the next line; nil at the end of the input.
    private static func nextLine(atMost limit: Int) -> [UInt8]? {
        guard var byte = nextByte() else { return nil }
        var line: [UInt8] = []
        while byte != UInt8(ascii: "\n"), line.count < limit {
            line.append(byte)
            guard let next = nextByte() else { break }
            byte = next
        }
        return line
    }

    private static func piped() throws(Failure) -> [UInt8] {
        guard let bytes = InputFile.read(STDIN_FILENO, atMost: Secret.maximumBytes + 1) else {
            throw Failure(
                "standard input cannot be read: \(String(cString: strerror(errno)))",
                status: ExitStatus.warning
            )
        }
        return bytes
    }

    /// Reads byte by byte: a terminal's own lines end at 4,095 bytes, and some tokens are longer.
    private static func typed(_ prompt: String) throws(Failure) -> [UInt8] {
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw Failure("the terminal cannot be set up", status: ExitStatus.warning)
        }
        var quiet = before
        // The interrupt key is read as a character: a signal would leave the terminal without echo.
        quiet.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        let signals = RestoringSignals(before)
        defer { signals.end() }
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0 else {
            throw Failure("the terminal cannot be set up", status: ExitStatus.warning)
        }
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            say("\n")
        }
        say(prompt)
        var line: [UInt8] = []
        while let byte = nextByte() {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): return line
            case 0x04 where line.isEmpty, 0x03, 0x1c:  // end of file, interrupt, quit
                throw Failure("aborted; nothing was changed", status: ExitStatus.warning)
            case 0x04: return line
            case 0x08, 0x7f: _ = line.popLast()
            case 0x15: line = []  // a new beginning
            default:
                // One byte too many is enough to detect that it is too long.
                if line.count <= Secret.maximumBytes { line.append(byte) }
            }
        }
        return line
    }

    private static func nextByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = Glibc.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            return count == 1 ? byte : nil
        }
    }

    /// Writes to standard error, because standard output may go to a file.
    private static func say(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }
}

/// A mistake in an answer.
struct Mistake: Error {
    let message: String

    init(_ message: String) { self.message = message }
}

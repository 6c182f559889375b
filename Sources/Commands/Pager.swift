import Glibc

/// Shows a long text a screen at a time.
enum Pager {
    /// Returns `$PAGER`, or else less; nil if the text must be printed without a pager.
    static func command(environment: [String: String]) -> String? {
        guard let named = environment["PAGER"] else {
            return access("/usr/bin/less", X_OK) == 0 ? "less" : nil
        }
        return named.isEmpty || named == "cat" ? nil : named
    }

    /// Runs the pager until it exits; false if it could not be started.
    ///
    /// less leaves short texts on the screen, keeps colours, and runs no other program: the
    /// terminal may be root's.
    static func show(_ text: String, with command: String) -> Bool {
        let prepared = "LESS=\"${LESS-FRX}\" LESSSECURE=1; export LESS LESSSECURE; \(command)"
        guard let pipe = popen(prepared, "w") else { return false }
        // The pager handles the interrupt keys.
        let interrupted = signal(SIGINT, SIG_IGN)
        let broken = signal(SIGPIPE, SIG_IGN)
        defer {
            signal(SIGINT, interrupted)
            signal(SIGPIPE, broken)
        }
        _ = text.withCString { fputs($0, pipe) }
        let status = pclose(pipe)
        // The shell's status for a command that does not exist, or that is no program.
        let exit = (status >> 8) & 0xff
        return exit != 127 && exit != 126
    }
}

extension String {
    /// The text for a terminal that shows only ASCII: signs become letters, other characters `?`.
    var foldedToASCII: String {
        guard !utf8.allSatisfy({ $0 < 0x80 }) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar {
            case _ where scalar.isASCII: text.unicodeScalars.append(scalar)
            case "\u{2026}": text += "..."
            case "\u{2013}", "\u{2014}", "\u{2212}": text += "-"
            case "\u{2192}": text += "->"
            case "\u{2018}", "\u{2019}": text += "'"
            case "\u{201c}", "\u{201d}": text += "\""
            case "\u{d7}", "\u{2717}": text += "x"
            default: text += "?"
            }
        }
        return text
    }
}
